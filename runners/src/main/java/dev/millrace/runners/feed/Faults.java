package dev.millrace.runners.feed;

import java.time.Duration;

/**
 * What goes wrong on the way.
 *
 * @param duplicates the share of records that are sent twice, 0 to 1
 * @param disorder how much later than its event time a record may be sent, in event time
 * @param late the share of records that come late
 * @param lateBy how late they are at least, in event time; at most four times that
 * @param malformed the share of records of which a broken copy is sent as well
 * @param conflicting the share of records of which a copy with the same id and another amount is
 *     sent as well; none of those that are sent twice
 * @param seed the same seed, the same faults
 */
public record Faults(
    double duplicates,
    Duration disorder,
    double late,
    Duration lateBy,
    double malformed,
    double conflicting,
    long seed) {

  /** How late the late ones are at least, if nothing else is said. */
  public static final Duration LATE_BY = Duration.ofMinutes(30);

  /** Everything as it was recorded. */
  public static Faults none() {
    return new Faults(0, Duration.ZERO, 0, LATE_BY, 0, 0, 1);
  }
}
