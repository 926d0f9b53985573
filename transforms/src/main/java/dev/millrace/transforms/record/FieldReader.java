package dev.millrace.transforms.record;

import java.io.EOFException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads what {@link FieldWriter} has written: the same fields in the same order. */
public final class FieldReader extends InputStream {
  private final byte[] bytes;
  private int next;
  private int end;

  /** Reads the whole array, which nobody may change. */
  public FieldReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  FieldReader(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.next = from;
    this.end = to;
  }

  /** Whether there is something left. */
  public boolean hasMore() {
    return next < end;
  }

  /** A number of {@link FieldWriter#putInt}. */
  public int getInt() throws EOFException {
    return (int) FieldWriter.INT.get(bytes, skip(Integer.BYTES));
  }

  /** A number of {@link FieldWriter#putLong}. */
  public long getLong() throws EOFException {
    return (long) FieldWriter.LONG.get(bytes, skip(Long.BYTES));
  }

  /** A text that isn't null. */
  public String getText() throws EOFException {
    String text = getOptionalText();
    if (text == null) {
      throw new EOFException("a text is missing");
    }
    return text;
  }

  /** A text or null. */
  public @Nullable String getOptionalText() throws EOFException {
    int length = getCount() - 1;
    return length < 0 ? null : new String(bytes, skip(length), length, StandardCharsets.UTF_8);
  }

  /** A copy of bytes, or null. */
  public byte @Nullable [] getBytes() throws EOFException {
    int length = getCount() - 1;
    if (length < 0) {
      return null;
    }
    int from = skip(length);
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  /** A decimal that isn't null. */
  public BigDecimal getDecimal() throws EOFException {
    BigDecimal value = getOptionalDecimal();
    if (value == null) {
      throw new EOFException("a decimal is missing");
    }
    return value;
  }

  /** A decimal or null. */
  public @Nullable BigDecimal getOptionalDecimal() throws EOFException {
    int kind = bytes[skip(1)];
    if (kind == FieldWriter.NULL) {
      return null;
    }
    int scale = getInt();
    return kind == FieldWriter.SMALL
        ? BigDecimal.valueOf(getLong(), scale)
        : new BigDecimal(new BigInteger(getBytes()), scale);
  }

  private int getCount() throws EOFException {
    int count = 0;
    for (int shift = 0; ; shift += FieldWriter.BITS) {
      int some = bytes[skip(1)];
      count |= (some & FieldWriter.SEVEN_BITS) << shift;
      if (some >= 0) {
        return count;
      }
    }
  }

  private int skip(int length) throws EOFException {
    int from = next;
    if (length < 0 || length > end - from) {
      throw new EOFException("cut off: " + (end - from) + " bytes left of " + length);
    }
    next += length;
    return from;
  }

  /** The array that is read, from {@link #next} to {@link #end}. */
  byte[] array() {
    return bytes;
  }

  int next() {
    return next;
  }

  int end() {
    return end;
  }

  /**
   * Reads no further than so many bytes, until {@link #widen}.
   *
   * @return what to give to {@link #widen}
   */
  public int narrow(int length) throws EOFException {
    int from = skip(length);
    int outer = end;
    end = next;
    next = from;
    return outer;
  }

  /** Skips what is left of the narrow part. */
  public void widen(int outer) {
    next = end;
    end = outer;
  }

  @Override
  public int read() {
    return next < end ? bytes[next++] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    if (next == end) {
      return length == 0 ? 0 : -1;
    }
    int read = Math.min(length, available());
    System.arraycopy(bytes, next, into, offset, read);
    next += read;
    return read;
  }

  @Override
  public int available() {
    return end - next;
  }
}
