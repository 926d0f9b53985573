package dev.millrace.transforms.record;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Fields one after the other in an array that grows, for {@link FieldReader} to read in the same
 * order. Beam's coders take any stream byte by byte, through the deep streams of a runner, which
 * costs more (docs/adr/0004-coders.md). Coders that know no better can write to it as to any
 * stream.
 */
public final class FieldWriter extends OutputStream {
  static final int NULL = 0;
  static final int SMALL = 1;
  static final int LARGE = 2;

  static final int SEVEN_BITS = 0x7f;
  static final int MORE = 0x80;
  private static final char ASCII = 0x7f;
  static final int BITS = 7;

  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final int firstRoom;
  private byte[] bytes;
  private int used;

  private @Nullable String repeated;
  private int repeatedFrom;
  private int repeatedTo;

  /**
   * An empty one.
   *
   * @param room for how many bytes at first
   */
  public FieldWriter(int room) {
    this.firstRoom = room;
    this.bytes = new byte[room];
  }

  /** How many bytes were written. */
  public int size() {
    return used;
  }

  /** What was written, not copied: of use until more is, and up to {@link #size}. */
  public byte[] array() {
    return bytes;
  }

  /** A copy of what was written. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, used);
  }

  /**
   * Forgets what was written.
   *
   * @param maxKept an array of more bytes is given back, so that one large value doesn't hold its
   *     room for ever
   */
  public void clear(int maxKept) {
    used = 0;
    repeated = null;
    if (bytes.length > maxKept) {
      bytes = new byte[firstRoom];
    }
  }

  /** A number in four bytes. */
  public void putInt(int value) {
    room(Integer.BYTES);
    INT.set(bytes, used, value);
    used += Integer.BYTES;
  }

  /** A number in eight bytes. */
  public void putLong(long value) {
    room(Long.BYTES);
    LONG.set(bytes, used, value);
    used += Long.BYTES;
  }

  /** A text that isn't null. */
  public void putText(String text) {
    int length = text.length();
    int before = used;
    putCount(length + 1);
    room(length);
    byte[] to = bytes;
    int at = used;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c > ASCII) {
        used = before;
        putBytes(text.getBytes(StandardCharsets.UTF_8));
        return;
      }
      to[at + i] = (byte) c;
    }
    used = at + length;
  }

  /**
   * A text that most values have in common, such as a topic: the same object as the last time is
   * copied from there. Read as any text.
   */
  @SuppressWarnings({"ReferenceEquality", "StringEquality"})
  public void putRepeatedText(String text) {
    if (text == repeated) { // Not equal but the same, which costs nothing to see.
      int length = repeatedTo - repeatedFrom;
      room(length);
      System.arraycopy(bytes, repeatedFrom, bytes, used, length);
      used += length;
      return;
    }
    repeatedFrom = used;
    putText(text);
    repeatedTo = used;
    repeated = text;
  }

  /** A text or null. */
  public void putOptionalText(@Nullable String text) {
    if (text == null) {
      putCount(NULL);
    } else {
      putText(text);
    }
  }

  /** Bytes or null. */
  public void putBytes(byte @Nullable [] some) {
    if (some == null) {
      putCount(NULL);
    } else {
      putCount(some.length + 1);
      write(some, 0, some.length);
    }
  }

  /** A decimal of this very scale, or null. */
  public void putDecimal(@Nullable BigDecimal value) {
    if (value == null) {
      write(NULL);
      return;
    }
    BigInteger digits = value.unscaledValue();
    boolean isSmall = digits.bitLength() < Long.SIZE;
    write(isSmall ? SMALL : LARGE);
    putInt(value.scale());
    if (isSmall) {
      putLong(digits.longValue());
    } else {
      putBytes(digits.toByteArray());
    }
  }

  /** A number of no sign, small ones in few bytes. */
  private void putCount(int count) {
    int rest = count;
    while (rest > SEVEN_BITS) {
      write((rest & SEVEN_BITS) | MORE);
      rest >>>= BITS;
    }
    write(rest);
  }

  /**
   * Leaves room for a length, which {@link #endLength} fills in.
   *
   * @return where what it is the length of begins
   */
  public int beginLength() {
    putInt(0);
    return used;
  }

  /** Fills in how many bytes were written since then. */
  public void endLength(int begun) {
    INT.set(bytes, begun - Integer.BYTES, used - begun);
  }

  void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, used);
  }

  @Override
  public void write(int b) {
    room(1);
    bytes[used++] = (byte) b;
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    room(length);
    System.arraycopy(from, offset, bytes, used, length);
    used += length;
  }

  private void room(int more) {
    if (bytes.length - used < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(used, more), 2 * bytes.length));
    }
  }
}
