package dev.millrace.transforms.admission;

import dev.millrace.transforms.record.Shards;
import java.io.Serializable;
import org.joda.time.Duration;

/**
 * Until when an event is admitted, and for how long its id is remembered. All in event time.
 *
 * @param horizon how far apart the event times of an event and its duplicate may be
 * @param window the size of the windows, aligned to 1970, by which lateness is judged
 * @param allowedLateness how long after the end of its window an event is not yet late
 * @param late what becomes of late events
 * @param shards how many workers can judge at once, 1 to {@value Shards#MAX}; part of the identity
 *     of the state, so another number forgets what was admitted
 */
public record AdmissionRule(
    Duration horizon, Duration window, Duration allowedLateness, LatePolicy late, int shards)
    implements Serializable {

  /** How closely a shard follows the watermark. */
  static final Duration TICK = Duration.standardSeconds(10);

  /** How many times in the time of a horizon expired ids are thrown out. */
  private static final int SWEEPS = 8;

  public AdmissionRule {
    if (shards < 1 || shards > Shards.MAX) {
      throw new IllegalArgumentException("shards are 1 to " + Shards.MAX + ", not " + shards);
    }
    if (!horizon.isLongerThan(Duration.ZERO)) {
      throw new IllegalArgumentException("the horizon is not positive: " + horizon);
    }
    if (!window.isLongerThan(Duration.ZERO)) {
      throw new IllegalArgumentException("the window is not positive: " + window);
    }
    if (allowedLateness.isShorterThan(Duration.ZERO)) {
      throw new IllegalArgumentException("the allowed lateness is negative: " + allowedLateness);
    }
  }

  /** With as many shards as there can be: for any cluster. */
  public static AdmissionRule of(
      Duration horizon, Duration window, Duration allowedLateness, LatePolicy late) {
    return new AdmissionRule(horizon, window, allowedLateness, late, Shards.MAX);
  }

  /** With so many shards: a runner that pays for each key of each bundle wants few. */
  public AdmissionRule withShards(int newShards) {
    return new AdmissionRule(horizon, window, allowedLateness, late, newShards);
  }

  /**
   * The allowed lateness of windows downstream, of whatever kind, with which they drop nothing that
   * is admitted, and are closed only for what is never admitted again.
   */
  public Duration latenessDownstream() {
    return allowedLateness.plus(window).plus(TICK);
  }

  /** Whether an event of this time is too late at this watermark, both milliseconds since 1970. */
  boolean isLate(long millis, long watermark) {
    long end = millis - Math.floorMod(millis, window.getMillis()) + window.getMillis();
    return end - 1 + allowedLateness.getMillis() < watermark;
  }

  /** The first time, in seconds since 1970, whose ids are still remembered at this watermark. */
  long remembersFrom(long watermark) {
    Duration longest = horizon.plus(window).plus(allowedLateness);
    return Math.floorDiv(watermark - longest.getMillis(), 1_000L);
  }

  /** How long, in milliseconds, expired ids may lie about. */
  long sweepEvery() {
    return Math.max(TICK.getMillis(), horizon.getMillis() / SWEEPS);
  }
}
