/**
 * Records from Kafka topics.
 *
 * <p>Reading goes through Beam's KafkaIO; where a stream starts, what its event time and watermark
 * are, and what a record looks like downstream is said here.
 */
package dev.millrace.io.kafka;
