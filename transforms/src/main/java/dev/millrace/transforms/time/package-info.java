/**
 * What event time tells: which days are over.
 *
 * <p>Where event time and the watermark come from is the source's.
 */
package dev.millrace.transforms.time;
