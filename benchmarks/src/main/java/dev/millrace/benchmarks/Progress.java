package dev.millrace.benchmarks;

import java.math.BigDecimal;
import java.util.concurrent.atomic.LongAdder;

/**
 * How far the job of this process is, counted by the job itself. Static, since a job is serialized
 * on its way to the Flink in its own process.
 */
final class Progress {
  /** Striped: counting costs the same in all variants, and no subtask waits for another. */
  private static final LongAdder DECODED = new LongAdder();

  private static Windows fired = new Windows(0, CountAndSum.NONE);

  /**
   * What has come out.
   *
   * @param panes one for each region and window, if none is late or empty
   */
  record Windows(long panes, CountAndSum all) {}

  private Progress() {}

  /** Right after a record was decoded. */
  static void decoded() {
    DECODED.increment();
  }

  /** When a window has fired. */
  static synchronized void fired(long count, BigDecimal sum) {
    fired = new Windows(fired.panes() + 1, fired.all().plus(new CountAndSum(count, sum)));
  }

  /** Records decoded so far. */
  static long records() {
    return DECODED.sum();
  }

  /** What has come out so far. */
  static synchronized Windows windows() {
    return fired;
  }
}
