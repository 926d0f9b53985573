/**
 * Event time: what dates a record, and how it is found in a payload.
 *
 * <p>Watermarks are the sources'; windows stand in {@code window}.
 */
package dev.millrace.transforms.time;
