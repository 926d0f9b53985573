package dev.millrace.transforms.window;

/**
 * An aggregate on its way into its window.
 *
 * @param aggregate of some elements; never null
 * @param events how many they are
 */
record Counted<A>(A aggregate, EventCounts events) {}
