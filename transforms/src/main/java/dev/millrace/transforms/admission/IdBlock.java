package dev.millrace.transforms.admission;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Ids that were admitted, packed into an array of {@value #ENTRY} bytes each: the 128 bits of the
 * id's hash, 32 of its content's, and the event time in seconds since 1970.
 *
 * <p>The array that it is made of is never changed, for it is state, of which a checkpoint may be
 * being written.
 */
final class IdBlock {
  static final int ENTRY = 24;

  private static final int HIGH = 8;
  private static final int CONTENT = 16;
  private static final int SECONDS = 20;
  private static final int ROOM = 4 * ENTRY;
  private static final long MAX_SECONDS = 0xffff_ffffL;
  private static final byte[] NONE = {};

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  /** What is known of a candidate. */
  enum Known {
    /** Nothing. */
    NO,
    /** It was admitted. */
    SAME,
    /** Its id was admitted with another content. */
    CONFLICTING
  }

  private byte[] bytes;
  private int used;
  private boolean changed;

  private IdBlock(byte[] bytes) {
    this.bytes = bytes;
    this.used = bytes.length;
  }

  /** An empty one. */
  static IdBlock empty() {
    return new IdBlock(NONE);
  }

  /** What {@link #toBytes} gave. */
  static IdBlock of(byte[] bytes) {
    return new IdBlock(bytes);
  }

  /** How many ids there are. */
  int size() {
    return used / ENTRY;
  }

  /** Whether it is another one than it was made of. */
  boolean isChanged() {
    return changed;
  }

  /**
   * Looks a candidate up.
   *
   * @param horizonSeconds how far from its event time its id may have been admitted
   */
  Known find(Candidate<?> candidate, long horizonSeconds) {
    long low = candidate.low();
    long seconds = seconds(candidate.millis());
    for (int at = 0; at < used; at += ENTRY) {
      if ((long) LONG.get(bytes, at) == low
          && (long) LONG.get(bytes, at + HIGH) == candidate.high()
          && Math.abs(secondsAt(at) - seconds) <= horizonSeconds) {
        return (int) INT.get(bytes, at + CONTENT) == candidate.content()
            ? Known.SAME
            : Known.CONFLICTING;
      }
    }
    return Known.NO;
  }

  /** Adds a candidate's id. */
  void add(Candidate<?> candidate) {
    room();
    LONG.set(bytes, used, candidate.low());
    LONG.set(bytes, used + HIGH, candidate.high());
    INT.set(bytes, used + CONTENT, candidate.content());
    INT.set(bytes, used + SECONDS, (int) seconds(candidate.millis()));
    used += ENTRY;
  }

  /** Those of a time that is not before {@code second}, since 1970. */
  IdBlock since(long second) {
    IdBlock kept = empty();
    for (int at = 0; at < used; at += ENTRY) {
      if (secondsAt(at) >= second) {
        kept.copy(bytes, at);
      }
    }
    return kept.used == used ? this : kept;
  }

  /** Those whose hash has this bit set, or not. */
  IdBlock where(int bit, boolean set) {
    IdBlock kept = empty();
    for (int at = 0; at < used; at += ENTRY) {
      if (((long) LONG.get(bytes, at) >>> bit & 1) == (set ? 1 : 0)) {
        kept.copy(bytes, at);
      }
    }
    return kept;
  }

  /** As it is kept. */
  byte[] toBytes() {
    return used == bytes.length ? bytes : Arrays.copyOf(bytes, used);
  }

  private void copy(byte[] from, int at) {
    room();
    System.arraycopy(from, at, bytes, used, ENTRY);
    used += ENTRY;
  }

  /** A first addition copies what is there: it may belong to the state. */
  private void room() {
    if (!changed || used + ENTRY > bytes.length) {
      bytes = Arrays.copyOf(bytes, used + Math.max(ROOM, changed ? used / 2 : 0));
      changed = true;
    }
  }

  private long secondsAt(int at) {
    return Integer.toUnsignedLong((int) INT.get(bytes, at + SECONDS));
  }

  /** As four bytes without a sign hold them, to the year 2106. */
  private static long seconds(long millis) {
    return Math.min(Math.max(Math.floorDiv(millis, 1_000L), 0), MAX_SECONDS);
  }
}
