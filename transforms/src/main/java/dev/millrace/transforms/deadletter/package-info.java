/**
 * The one envelope for whatever could not be processed.
 *
 * <p>What goes wrong where is decided elsewhere, and where the letters are kept is the sink's.
 */
package dev.millrace.transforms.deadletter;
