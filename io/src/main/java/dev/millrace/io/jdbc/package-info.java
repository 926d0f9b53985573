/**
 * Rows into PostgreSQL: buffered per bundle, one transaction per batch, retried when the database
 * is away, bisected when a row is refused.
 *
 * <p>Which rows go into which table is said by a {@link dev.millrace.io.jdbc.RowWriter}; the tables
 * of a pipeline stand with the pipeline.
 */
package dev.millrace.io.jdbc;
