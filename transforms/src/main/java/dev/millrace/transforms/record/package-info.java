/**
 * A record as it was read: its exact bytes and where they came from.
 *
 * <p>Everything that any source yields and any dead letter keeps. What the bytes mean is not known
 * here.
 */
package dev.millrace.transforms.record;
