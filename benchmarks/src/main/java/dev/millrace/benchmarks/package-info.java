/**
 * What the source and the aggregation cost, beside Beam's KafkaIO and beside plain Flink: the same
 * records, the same decoder, the same windows.
 *
 * <p>Nothing of the product depends on this, and nothing of it is in the job jar.
 */
package dev.millrace.benchmarks;
