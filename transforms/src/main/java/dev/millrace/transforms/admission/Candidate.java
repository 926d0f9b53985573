package dev.millrace.transforms.admission;

/**
 * An element on its way to be judged.
 *
 * @param value the element
 * @param millis its event time, since 1970
 * @param high the first half of the hash of its id; says the shard
 * @param low the second half; says the place in the index
 * @param content the hash of what else it holds
 */
record Candidate<T>(T value, long millis, long high, long low, int content) {}
