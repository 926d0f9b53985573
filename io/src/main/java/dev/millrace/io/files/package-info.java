/**
 * Records from files: one line, one record.
 *
 * <p>What a line means is not known here.
 */
package dev.millrace.io.files;
