/**
 * Topics in files, by the hour of ingestion, and back: what outlives a log's retention.
 *
 * <p>What a record means is not known here.
 */
package dev.millrace.io.archive;
