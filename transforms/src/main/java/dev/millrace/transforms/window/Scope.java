package dev.millrace.transforms.window;

import dev.millrace.transforms.time.TimeRange;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;

/**
 * The windows that a run answers for: a repair makes some of them anew, from all records that they
 * hold, and leaves the others alone. Immutable.
 */
public final class Scope implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Every window. */
  public static final Scope ALL = new Scope(TimeRange.ALWAYS, null);

  private final TimeRange range;

  /** Sorted, milliseconds since 1970; null if all windows that start in the range are meant. */
  private final long[] held;

  private Scope(TimeRange range, long[] held) {
    this.range = range;
    this.held = held;
  }

  /** The windows that start in {@code range}. */
  public static Scope startingIn(TimeRange range) {
    return new Scope(range, null);
  }

  /** The windows that hold one of these times; not none. */
  public static Scope holding(Collection<Instant> times) {
    long[] held = times.stream().mapToLong(Instant::toEpochMilli).sorted().toArray();
    return new Scope(new TimeRange(held[0], held[held.length - 1] + 1), held);
  }

  /** Whether it is {@link #ALL}. */
  public boolean isAll() {
    return range.equals(TimeRange.ALWAYS);
  }

  /** The event times of it, without what its windows hold beyond. */
  public TimeRange range() {
    return range;
  }

  /**
   * The event times of the records that make its windows.
   *
   * @param reach how much longer than the range its windows may be, on either side
   */
  public TimeRange records(Duration reach) {
    return range.widened(reach, reach);
  }

  /** Whether a window belongs to it. */
  public boolean includes(Instant start, Instant end) {
    if (held == null) {
      return isAll() || range.contains(start.toEpochMilli());
    }
    int found = Arrays.binarySearch(held, start.toEpochMilli());
    int first = found >= 0 ? found : -found - 1;
    return first < held.length && held[first] < end.toEpochMilli();
  }

  @Override
  public String toString() {
    return held == null ? "windows from " + range : held.length + " times in " + range;
  }
}
