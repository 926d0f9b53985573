package dev.millrace.transforms.admission;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;

/**
 * Candidates of a shard, encoded as they come: each its numbers, then its element. Encoding them
 * into an array of our own, and not through the deep streams of a runner, halves what it costs.
 */
final class ShardBuffer<T> extends OutputStream {
  private static final int ROOM = 16 << 10;

  /** A larger array than this isn't kept for the next batch. */
  private static final int MAX_KEPT = 1 << 20;

  private static final int HIGH = 8;
  private static final int LOW = 16;
  private static final int CONTENT = 24;
  private static final int NUMBERS = 28;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final Coder<T> values;
  private byte[] bytes = new byte[ROOM];
  private int used;
  private long oldest = Long.MAX_VALUE;

  ShardBuffer(Coder<T> values) {
    this.values = values;
  }

  boolean isEmpty() {
    return used == 0;
  }

  /** The time of the oldest element, milliseconds since 1970; the largest number if empty. */
  long oldest() {
    return oldest;
  }

  /**
   * Adds a candidate.
   *
   * @return how many bytes it takes
   */
  int add(Candidate<T> candidate) throws IOException {
    int before = used;
    room(NUMBERS);
    LONG.set(bytes, used, candidate.millis());
    LONG.set(bytes, used + HIGH, candidate.high());
    LONG.set(bytes, used + LOW, candidate.low());
    INT.set(bytes, used + CONTENT, candidate.content());
    used += NUMBERS;
    values.encode(candidate.value(), this);
    oldest = Math.min(oldest, candidate.millis());
    return used - before;
  }

  /** What was added since the last time, for {@link #read}. */
  byte[] take() {
    byte[] taken = Arrays.copyOf(bytes, used);
    clear();
    return taken;
  }

  void clear() {
    used = 0;
    oldest = Long.MAX_VALUE;
    if (bytes.length > MAX_KEPT) {
      bytes = new byte[ROOM];
    }
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
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(used, more), bytes.length * 2));
    }
  }

  /** The candidates in what {@link #take} gave, in the order in which they came. */
  static <T> List<Candidate<T>> read(byte[] taken, Coder<T> values) throws IOException {
    return new Reader<>(values, taken).readAll();
  }

  private static final class Reader<T> extends InputStream {
    private final Coder<T> values;
    private final byte[] bytes;
    private int next;

    Reader(Coder<T> values, byte[] bytes) {
      this.values = values;
      this.bytes = bytes;
    }

    List<Candidate<T>> readAll() throws IOException {
      List<Candidate<T>> all = new ArrayList<>();
      while (next < bytes.length) {
        all.add(readNext());
      }
      return all;
    }

    private Candidate<T> readNext() throws IOException {
      int at = next;
      next += NUMBERS;
      return new Candidate<>(
          values.decode(this),
          (long) LONG.get(bytes, at),
          (long) LONG.get(bytes, at + HIGH),
          (long) LONG.get(bytes, at + LOW),
          (int) INT.get(bytes, at + CONTENT));
    }

    @Override
    public int read() {
      return next < bytes.length ? bytes[next++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (next == bytes.length) {
        return length == 0 ? 0 : -1;
      }
      int read = Math.min(length, bytes.length - next);
      System.arraycopy(bytes, next, into, offset, read);
      next += read;
      return read;
    }

    @Override
    public int available() {
      return bytes.length - next;
    }
  }
}
