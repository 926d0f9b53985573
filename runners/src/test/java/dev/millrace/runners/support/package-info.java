/** The real servers, the real command and real tables for the integration tests. */
package dev.millrace.runners.support;
