/**
 * The gate before any window: is an event new, was it seen before, does it come too late?
 *
 * <p>What an id is, and what makes two contents the same, is said by the pipeline in an {@link
 * dev.millrace.transforms.admission.Identity}. Where the rejected go is its business too.
 */
package dev.millrace.transforms.admission;
