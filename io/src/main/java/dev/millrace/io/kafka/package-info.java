/**
 * Records from Kafka topics, live or by range, and messages to them.
 *
 * <p>Both sources stand on one consumer core ({@code RecordFetcher}); event time, watermark and
 * what a record looks like downstream are set here. Writing is Beam's KafkaIO.
 */
package dev.millrace.io.kafka;
