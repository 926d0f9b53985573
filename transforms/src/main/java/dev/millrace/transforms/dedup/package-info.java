/**
 * Elements that came before, told by their ids.
 *
 * <p>What an id is, is the pipeline's business; that a table stays right even without this, the
 * sink's.
 */
package dev.millrace.transforms.dedup;
