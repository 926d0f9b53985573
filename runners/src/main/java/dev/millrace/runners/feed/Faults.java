package dev.millrace.runners.feed;

import java.time.Duration;

/**
 * What goes wrong on the way.
 *
 * @param duplicates the share of records that are sent twice, 0 to 1
 * @param disorder how much later than its event time a record may be sent, in event time
 * @param late the share of records that come {@link FaultyOrder#MIN_LATE} to {@link
 *     FaultyOrder#MAX_LATE} behind
 * @param malformed the share of records of which a broken copy is sent as well
 * @param seed the same seed, the same faults
 */
public record Faults(
    double duplicates, Duration disorder, double late, double malformed, long seed) {

  /** Everything as it was recorded. */
  public static Faults none() {
    return new Faults(0, Duration.ZERO, 0, 0, 1);
  }
}
