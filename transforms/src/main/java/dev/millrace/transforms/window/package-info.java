/**
 * Windows: their policy in one value, aggregation by key and window with what is gathered before
 * the shuffle, and which of them are closed.
 *
 * <p>What is aggregated is said by the pipeline; where rows of windows go is the sink's.
 */
package dev.millrace.transforms.window;
