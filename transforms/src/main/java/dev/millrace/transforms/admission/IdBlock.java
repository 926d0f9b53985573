package dev.millrace.transforms.admission;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Ids that were admitted, packed into an array of {@value #ENTRY} bytes each: the 128 bits of the
 * id's hash, 32 of its content's, and the event time in seconds since 1970.
 */
final class IdBlock {
  static final int ENTRY = 24;

  /** Some 4 kB: a batch rewrites a block that isn't full. */
  static final int MAX_IDS = 170;

  private static final int HIGH = 8;
  private static final int CONTENT = 16;
  private static final int SECONDS = 20;
  private static final long MAX_SECONDS = 0xffff_ffffL;

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

  private final byte[] bytes = new byte[MAX_IDS * ENTRY];
  private int used;

  /** How many ids there are. */
  int size() {
    return used / ENTRY;
  }

  boolean isFull() {
    return used == bytes.length;
  }

  void clear() {
    used = 0;
  }

  /** Becomes a copy of what {@link #toBytes} gave. */
  void fill(byte[] stored) {
    System.arraycopy(stored, 0, bytes, 0, stored.length);
    used = stored.length;
  }

  /** A copy, as it is stored. */
  byte[] toBytes() {
    return Arrays.copyOf(bytes, used);
  }

  /** Adds a candidate's id; there must be room. */
  void add(Candidate<?> candidate) {
    LONG.set(bytes, used, candidate.low());
    LONG.set(bytes, used + HIGH, candidate.high());
    INT.set(bytes, used + CONTENT, candidate.content());
    INT.set(bytes, used + SECONDS, (int) seconds(candidate.millis()));
    used += ENTRY;
  }

  /** Adds the id that stands at {@code at} in a stored block; there must be room. */
  void add(byte[] stored, int at) {
    System.arraycopy(stored, at, bytes, used, ENTRY);
    used += ENTRY;
  }

  /**
   * Looks a candidate up.
   *
   * @param horizonSeconds how far from its event time its id may have been admitted
   */
  Known find(Candidate<?> candidate, long horizonSeconds) {
    return find(bytes, used, candidate, horizonSeconds);
  }

  /** The same in a stored block. */
  static Known find(byte[] stored, Candidate<?> candidate, long horizonSeconds) {
    return find(stored, stored.length, candidate, horizonSeconds);
  }

  private static Known find(byte[] bytes, int used, Candidate<?> candidate, long horizonSeconds) {
    long low = candidate.low();
    long seconds = seconds(candidate.millis());
    for (int at = 0; at < used; at += ENTRY) {
      if (lowAt(bytes, at) == low
          && (long) LONG.get(bytes, at + HIGH) == candidate.high()
          && Math.abs(secondsAt(bytes, at) - seconds) <= horizonSeconds) {
        return (int) INT.get(bytes, at + CONTENT) == candidate.content()
            ? Known.SAME
            : Known.CONFLICTING;
      }
    }
    return Known.NO;
  }

  /** Whether a stored block has an id of a time before {@code second}, since 1970. */
  static boolean hasBefore(byte[] stored, long second) {
    for (int at = 0; at < stored.length; at += ENTRY) {
      if (secondsAt(stored, at) < second) {
        return true;
      }
    }
    return false;
  }

  /** The second half of the hash of the id at {@code at}. */
  static long lowAt(byte[] stored, int at) {
    return (long) LONG.get(stored, at);
  }

  /** The event time of the id at {@code at}. */
  static long secondsAt(byte[] stored, int at) {
    return Integer.toUnsignedLong((int) INT.get(stored, at + SECONDS));
  }

  /** As four bytes without a sign hold them, to the year 2106. */
  private static long seconds(long millis) {
    return Math.min(Math.max(Math.floorDiv(millis, 1_000L), 0), MAX_SECONDS);
  }
}
