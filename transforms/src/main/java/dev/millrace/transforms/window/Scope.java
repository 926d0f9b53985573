package dev.millrace.transforms.window;

import dev.millrace.transforms.time.TimeRange;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The windows that a run answers for: a repair makes some of them anew, from all records that they
 * hold, and leaves the others alone. A session that may go on beyond the records that are read
 * doesn't belong to it. Immutable.
 */
public final class Scope implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Every window. */
  public static final Scope ALL = new Scope(TimeRange.ALWAYS, null, TimeRange.ALWAYS);

  private final TimeRange range;

  /** Sorted, milliseconds since 1970; null if all windows that start in the range are meant. */
  private final long @Nullable [] held;

  private final TimeRange records;

  private Scope(TimeRange range, long @Nullable [] held, TimeRange records) {
    this.range = range;
    this.held = held;
    this.records = records;
  }

  /**
   * The windows that start in a range.
   *
   * @param reach how much of the time before and after it is read
   */
  public static Scope startingIn(TimeRange range, Duration reach) {
    return new Scope(range, null, range.widened(reach, reach));
  }

  /**
   * The windows that hold one of these times; at least one.
   *
   * @param reach how much of the time before the first and after the last is read
   */
  public static Scope holding(Collection<Instant> times, Duration reach) {
    long[] held = times.stream().mapToLong(Instant::toEpochMilli).sorted().toArray();
    TimeRange range = new TimeRange(held[0], held[held.length - 1] + 1);
    return new Scope(range, held, range.widened(reach, reach));
  }

  /** Whether it is {@link #ALL}. */
  public boolean isAll() {
    return range.equals(TimeRange.ALWAYS);
  }

  /** The event times of the records that make its windows. */
  public TimeRange records() {
    return records;
  }

  /**
   * Whether a window belongs to it.
   *
   * @param gap how far an event must be from a window not to belong to it; zero but for sessions
   */
  public boolean includes(Instant start, Instant end, Duration gap) {
    if (isAll()) {
      return true;
    }
    if (start.toEpochMilli() - gap.toMillis() < records.from()
        || end.toEpochMilli() > records.to()) {
      return false;
    }
    if (held == null) {
      return range.contains(start.toEpochMilli());
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
