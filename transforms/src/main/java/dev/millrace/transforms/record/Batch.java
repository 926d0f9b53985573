package dev.millrace.transforms.record;

import java.util.Arrays;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Values that travel together as one element of a collection, each with its own event time: a
 * runner spends on each element of each step more than on a value (ADR 13). The element that
 * carries a batch has the oldest of the times, for which the watermark waits.
 *
 * <p>The arrays and lists are shared, not copied: nobody may change them.
 *
 * @param values may be none, in a batch that only keeps a live reader awake
 * @param millis the event time of each, milliseconds since 1970
 */
@SuppressWarnings("ArrayRecordComponent") // On the hot path; equality is by content, below.
public record Batch<T>(List<T> values, long[] millis) {

  public Batch {
    if (values.size() != millis.length) {
      throw new IllegalArgumentException(values.size() + " values, " + millis.length + " times");
    }
  }

  /** One value. */
  public static <T> Batch<T> of(T value, long millis) {
    return new Batch<>(List.of(value), new long[] {millis});
  }

  /** How many values it has. */
  public int size() {
    return millis.length;
  }

  /** The oldest event time in it, milliseconds since 1970; the largest number if it is empty. */
  public long oldest() {
    long oldest = Long.MAX_VALUE;
    for (long each : millis) {
      oldest = Math.min(oldest, each);
    }
    return oldest;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Batch<?> that
        && values.equals(that.values)
        && Arrays.equals(millis, that.millis);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  /** How many values there are: they may hold personal data. */
  @Override
  public String toString() {
    return "Batch[" + size() + (size() == 0 ? "" : " from " + oldest()) + "]";
  }
}
