package dev.millrace.runners.repair;

import java.time.Duration;

/**
 * How long a replay takes and what a retention costs: division and multiplication, in one place and
 * in one unit. Sizes are decimal: a terabyte is 10<sup>12</sup> bytes.
 */
public final class ReplayPlan {
  private ReplayPlan() {}

  /** How long it takes to read so many bytes, or records, at so many a second; rounded up. */
  public static Duration time(double amount, double perSecond) {
    if (amount < 0 || !(perSecond > 0)) {
      throw new IllegalArgumentException(amount + " at " + perSecond + " a second take no time");
    }
    return Duration.ofSeconds((long) Math.ceil(amount / perSecond));
  }

  /** How many bytes a log holds that keeps so many bytes a second for so long. */
  public static double retained(double bytesPerSecond, Duration retention) {
    return bytesPerSecond * retention.toSeconds();
  }
}
