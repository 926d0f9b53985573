package dev.millrace.transforms.window;

import java.io.IOException;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.ValueState;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Which keys of a shard are looked at next. Kept in memory, and made of the state by whoever finds
 * that the state is not as he left it: after a restart, or where several workers take turns.
 *
 * <p>Use: {@link #open}, then any of the others, then {@link #close}.
 */
final class DueKeys {
  private static final long NO_REVISION = 0;

  /** A key that is looked at then, milliseconds since 1970. */
  record Due(long millis, String key) {}

  private final PriorityQueue<Due> queue =
      new PriorityQueue<>(Comparator.comparingLong(Due::millis));
  private long revision = NO_REVISION;

  /** What the shard's timer is set for. */
  private long armed = Long.MAX_VALUE;

  /** Whether a preliminary firing is due. */
  private boolean firesEarly;

  void open(ValueState<Long> stored, MapState<String, byte[]> sessions) throws IOException {
    Long its = stored.read();
    long found = its == null ? NO_REVISION : its;
    if (found != revision || found == NO_REVISION) {
      queue.clear();
      armed = Long.MAX_VALUE;
      firesEarly = false;
      if (found != NO_REVISION) {
        for (Map.Entry<String, byte[]> each : sessions.entries().read()) {
          add(KeySessions.lookAt(each.getValue()), each.getKey());
        }
      }
    }
    revision = NO_REVISION; // In case of a failure before it is closed.
  }

  void close(ValueState<Long> stored) {
    revision = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    stored.write(revision);
  }

  void add(long millis, String key) {
    queue.add(new Due(millis, key));
  }

  /** When the next key is due; null if there is none. */
  @Nullable Long next() {
    Due head = queue.peek();
    return head == null ? null : head.millis;
  }

  /** Takes a key that is due by then; null if there is none. */
  @Nullable Due poll(long watermark) {
    Due head = queue.peek();
    return head == null || head.millis > watermark ? null : queue.remove();
  }

  long armed() {
    return armed;
  }

  void armed(long millis) {
    armed = millis;
  }

  boolean firesEarly() {
    return firesEarly;
  }

  void firesEarly(boolean itDoes) {
    firesEarly = itDoes;
  }
}
