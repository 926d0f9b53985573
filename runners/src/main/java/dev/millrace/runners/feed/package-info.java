/**
 * Files into Kafka, with faults that a seed reproduces.
 *
 * <p>For demos and tests: what arrives at a pipeline is never as clean as what was recorded.
 */
package dev.millrace.runners.feed;
