package dev.millrace.transforms.time;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * A range of event time.
 *
 * @param from its first millisecond, since 1970
 * @param to the first after it
 */
public record TimeRange(long from, long to) implements Serializable {

  /** All of time. */
  public static final TimeRange ALWAYS = new TimeRange(Long.MIN_VALUE, Long.MAX_VALUE);

  public TimeRange {
    if (from > to) {
      throw new IllegalArgumentException("a range from " + from + " to " + to + " is reversed");
    }
  }

  /** A day, UTC. */
  public static TimeRange of(LocalDate day) {
    return new TimeRange(startOf(day), startOf(day.plusDays(1)));
  }

  private static long startOf(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
  }

  /** Whether a time, in milliseconds since 1970, lies in it. */
  public boolean contains(long millis) {
    return from <= millis && millis < to;
  }

  /** The same range and so much before and after it. */
  public TimeRange widened(Duration before, Duration after) {
    return new TimeRange(
        from == Long.MIN_VALUE ? from : from - before.toMillis(),
        to == Long.MAX_VALUE ? to : to + after.toMillis());
  }

  /** Its first instant. */
  public Instant start() {
    return Instant.ofEpochMilli(from);
  }

  /** The first instant after it. */
  public Instant end() {
    return Instant.ofEpochMilli(to);
  }

  @Override
  public String toString() {
    return equals(ALWAYS) ? "always" : start() + " to " + end();
  }
}
