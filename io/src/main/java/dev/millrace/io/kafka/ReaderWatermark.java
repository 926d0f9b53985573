package dev.millrace.io.kafka;

import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;

/**
 * The watermark of one reader, from the data alone: of each partition its newest event time less
 * the out-of-orderness, and of those the minimum. A partition that has not told its event time yet
 * holds it; one that is idle is left out. Where all are idle, the newest rules, of these partitions
 * or of the topic's others. It never goes back, whatever a partition brings that wakes up.
 *
 * <p>Times are milliseconds since 1970.
 */
final class ReaderWatermark {
  /** Before every event. */
  static final long MIN = BoundedWindow.TIMESTAMP_MIN_VALUE.getMillis();

  private static final class Partition {
    private long newest = MIN;
    private boolean idle;
  }

  private final long outOfOrderness;
  private final SortedMap<Integer, Partition> partitions = new TreeMap<>();
  private long elsewhere = MIN;
  private long reached;

  /**
   * Starts where an earlier reader stopped.
   *
   * @param outOfOrderness in milliseconds
   * @param reached the watermark that has been told before; {@link #MIN} if none was
   */
  ReaderWatermark(long outOfOrderness, long reached) {
    this.outOfOrderness = outOfOrderness;
    this.reached = reached;
  }

  /** Minds a partition from now on, if it doesn't already. */
  void add(int partition) {
    partition(partition);
  }

  /** A partition has brought records, the newest usable event time of which this is. */
  void advance(int partition, long newest) {
    Partition its = partition(partition);
    its.newest = Math.max(its.newest, newest);
    its.idle = false;
  }

  /** A partition has nothing more for now. */
  void idle(int partition) {
    partition(partition).idle = true;
  }

  /** No partition is known to have nothing any more. */
  void awake() {
    partitions.values().forEach(each -> each.idle = false);
  }

  /** The newest event time in partitions that others read. */
  void elsewhere(long newest) {
    elsewhere = Math.max(elsewhere, newest);
  }

  /** The newest event time of a partition; {@link #MIN} before its first. */
  long newest(int partition) {
    return partition(partition).newest;
  }

  /** The watermark now. */
  long current() {
    long oldestActive = Long.MAX_VALUE;
    long newest = elsewhere;
    for (Partition each : partitions.values()) {
      newest = Math.max(newest, each.newest);
      if (!each.idle) {
        oldestActive = Math.min(oldestActive, each.newest);
      }
    }
    long time = oldestActive == Long.MAX_VALUE ? newest : oldestActive;
    reached = Math.max(reached, behind(time));
    return reached;
  }

  /** The watermark that a partition would have alone. */
  long of(int partition) {
    return behind(partitions.get(partition).newest);
  }

  private long behind(long time) {
    return time == MIN ? MIN : time - outOfOrderness;
  }

  private Partition partition(int partition) {
    return partitions.computeIfAbsent(partition, number -> new Partition());
  }
}
