/**
 * A real Kafka broker, PostgreSQL server and Flink session cluster on loopback, each in its own
 * processes, from library jars: nothing to install.
 *
 * <p>For trying things out and for the tests. What runs on them is not known here.
 */
package dev.millrace.runners.local;
