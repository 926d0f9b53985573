/**
 * From bytes to values: the step that turns a record into a pipeline's own type or a dead letter.
 *
 * <p>What a payload must look like is its pipeline's business; what JSON and UTF-8 demand of any
 * payload stands here.
 */
package dev.millrace.transforms.decode;
