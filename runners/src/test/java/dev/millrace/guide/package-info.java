/** The code of the guides in docs/guides, as they print it. */
package dev.millrace.guide;
