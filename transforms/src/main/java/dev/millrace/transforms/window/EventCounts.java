package dev.millrace.transforms.window;

import java.util.Arrays;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How many elements a result holds, by the accounting windows that they belong to: what proves that
 * none was lost on the way. Immutable.
 */
@DefaultCoder(EventCountsCoder.class)
public final class EventCounts {
  /** Of nothing. */
  public static final EventCounts NONE = new EventCounts(new long[0], new long[0]);

  /** Ascending, milliseconds since 1970. */
  private final long[] starts;

  private final long[] counts;

  EventCounts(long[] starts, long[] counts) {
    this.starts = starts;
    this.counts = counts;
  }

  /** So many elements of the window that starts then. */
  public static EventCounts of(long start, long count) {
    return new EventCounts(new long[] {start}, new long[] {count});
  }

  /** The elements of both. */
  public EventCounts plus(EventCounts other) {
    if (starts.length == 1 && other.starts.length == 1 && starts[0] == other.starts[0]) {
      return new EventCounts(starts, new long[] {counts[0] + other.counts[0]});
    }
    long[] allStarts = new long[starts.length + other.starts.length];
    long[] allCounts = new long[allStarts.length];
    int size = 0;
    int i = 0;
    int j = 0;
    while (i < starts.length || j < other.starts.length) {
      boolean mine =
          j == other.starts.length || (i < starts.length && starts[i] <= other.starts[j]);
      boolean its = i == starts.length || (j < other.starts.length && other.starts[j] <= starts[i]);
      allStarts[size] = mine ? starts[i] : other.starts[j];
      allCounts[size] = (mine ? counts[i++] : 0) + (its ? other.counts[j++] : 0);
      size++;
    }
    return new EventCounts(Arrays.copyOf(allStarts, size), Arrays.copyOf(allCounts, size));
  }

  /** How many windows there are. */
  int size() {
    return starts.length;
  }

  /** When the window of this number, from 0, starts: milliseconds since 1970. */
  long start(int window) {
    return starts[window];
  }

  /** How many elements that window has. */
  long count(int window) {
    return counts[window];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EventCounts that
        && Arrays.equals(starts, that.starts)
        && Arrays.equals(counts, that.counts);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(starts) + Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    return "EventCounts[" + Arrays.toString(starts) + ", " + Arrays.toString(counts) + "]";
  }
}
