package dev.millrace.transforms.window;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The sessions of a key that aren't closed, as they are kept in state. */
final class KeySessions<A> {
  private static final int ROOM = 128;
  private static final long NEVER = Long.MAX_VALUE;

  private final CountedAggregation<?, A> aggregation;
  private final List<Session<A>> sessions = new ArrayList<>(1);

  /** When the key is looked at next, milliseconds since 1970. */
  private long lookAt = NEVER;

  /**
   * What the state has.
   *
   * @param stored null if there is nothing
   */
  KeySessions(CountedAggregation<?, A> aggregation, byte @Nullable [] stored) throws IOException {
    this.aggregation = aggregation;
    if (stored != null) {
      FieldReader in = new FieldReader(stored);
      lookAt = in.getLong();
      while (in.hasMore()) {
        sessions.add(Session.read(aggregation, in));
      }
    }
  }

  /** When a key is looked at that is stored so. */
  static long lookAt(byte[] stored) throws IOException {
    return new FieldReader(stored).getLong();
  }

  long lookAt() {
    return lookAt;
  }

  void lookAt(long millis) {
    lookAt = millis;
  }

  List<Session<A>> sessions() {
    return sessions;
  }

  /**
   * Adds elements to the sessions that they touch; what has become of them, which isn't kept yet.
   */
  Session<A> merge(Session<A> part, long gap) {
    Session<A> merged = part;
    for (int i = sessions.size() - 1; i >= 0; i--) {
      // Those that are kept don't touch each other, so one pass finds all.
      if (sessions.get(i).touches(part, gap)) {
        merged = merged.merge(sessions.remove(i), aggregation);
      }
    }
    return merged;
  }

  byte[] toBytes() throws IOException {
    FieldWriter out = new FieldWriter(ROOM);
    out.putLong(lookAt);
    for (Session<A> each : sessions) {
      each.write(aggregation, out);
    }
    return out.toByteArray();
  }
}
