package dev.millrace.benchmarks;

import java.math.BigDecimal;

/**
 * What the counting job of this process has come to, told by itself. Static, since a job is
 * serialized on its way to the Flink in its own process.
 */
final class Progress {
  private static Windows fired = new Windows(0, CountAndSum.NONE);

  /**
   * What has come out.
   *
   * @param panes one for each region and window, if none is late or empty
   */
  record Windows(long panes, CountAndSum all) {}

  private Progress() {}

  /** When a window has fired. */
  static synchronized void fired(long count, BigDecimal sum) {
    fired = new Windows(fired.panes() + 1, fired.all().plus(new CountAndSum(count, sum)));
  }

  /** What has come out so far. */
  static synchronized Windows windows() {
    return fired;
  }
}
