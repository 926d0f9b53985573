package dev.millrace.io.jdbc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.util.ByteConverter;

/**
 * Rows into a table by {@code copy ... from stdin (format binary)}: the fastest way into
 * PostgreSQL, for rows that nothing in the table can be in the way of. Fields are of the columns'
 * types, in their order; nothing is converted on the other side.
 *
 * @see <a href="https://www.postgresql.org/docs/16/sql-copy.html">The binary format</a>
 */
public final class BinaryCopy implements AutoCloseable {
  private static final int SEND_BYTES = 64 << 10;
  private static final int NULL = -1;
  private static final int END = -1;

  /** What the format begins with: the signature, no flags, no extension. */
  private static final byte[] HEADER = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  /** PostgreSQL counts from 2000. */
  private static final long EPOCH_SECONDS = Instant.parse("2000-01-01T00:00:00Z").getEpochSecond();

  private static final long EPOCH_DAY = LocalDate.of(2000, 1, 1).toEpochDay();

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private final CopyIn copy;
  private byte[] bytes = new byte[2 * SEND_BYTES];
  private int used;

  private BinaryCopy(CopyIn copy) {
    this.copy = copy;
    append(HEADER);
  }

  /**
   * Begins.
   *
   * @param columns for example {@code silver.orders (id, amount)}
   */
  public static BinaryCopy into(Connection connection, String columns) throws SQLException {
    return new BinaryCopy(
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("copy " + columns + " from stdin (format binary)"));
  }

  /** Begins a row of so many fields. */
  public void row(int fields) throws SQLException {
    if (used >= SEND_BYTES) {
      copy.writeToCopy(bytes, 0, used);
      used = 0;
    }
    room(Short.BYTES);
    SHORT.set(bytes, used, (short) fields);
    used += Short.BYTES;
  }

  /** A {@code text}. */
  public void text(@Nullable String value) {
    if (value == null) {
      int32(NULL);
    } else {
      bytes(value.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** A {@code numeric}. */
  public void numeric(@Nullable BigDecimal value) {
    if (value == null) {
      int32(NULL);
    } else {
      bytes(ByteConverter.numeric(value));
    }
  }

  /** A {@code boolean}. */
  public void bool(boolean value) {
    int32(1);
    room(1);
    bytes[used++] = (byte) (value ? 1 : 0);
  }

  /** An {@code int4}. */
  public void integer(int value) {
    int32(Integer.BYTES);
    int32(value);
  }

  /** An {@code int8}. */
  public void bigint(long value) {
    int32(Long.BYTES);
    room(Long.BYTES);
    LONG.set(bytes, used, value);
    used += Long.BYTES;
  }

  /** A {@code timestamptz}, to the microsecond. */
  public void timestamp(Instant value) {
    bigint((value.getEpochSecond() - EPOCH_SECONDS) * 1_000_000 + value.getNano() / 1_000);
  }

  /** A {@code date}. */
  public void date(LocalDate value) {
    integer(Math.toIntExact(value.toEpochDay() - EPOCH_DAY));
  }

  /**
   * Sends what is left and waits for the database.
   *
   * @return how many rows it took
   */
  public long end() throws SQLException {
    room(Short.BYTES);
    SHORT.set(bytes, used, (short) END);
    used += Short.BYTES;
    copy.writeToCopy(bytes, 0, used);
    return copy.endCopy();
  }

  /** Gives up what was not ended. */
  @Override
  public void close() throws SQLException {
    if (copy.isActive()) {
      copy.cancelCopy();
    }
  }

  private void bytes(byte[] value) {
    int32(value.length);
    append(value);
  }

  private void append(byte[] value) {
    room(value.length);
    System.arraycopy(value, 0, bytes, used, value.length);
    used += value.length;
  }

  private void int32(int value) {
    room(Integer.BYTES);
    INT.set(bytes, used, value);
    used += Integer.BYTES;
  }

  private void room(int more) {
    if (bytes.length - used < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(used, more), bytes.length * 2));
    }
  }
}
