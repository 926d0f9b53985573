package dev.millrace.io.jdbc;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.postgresql.PGConnection;

/**
 * Sets the array parameters of an {@code unnest(?, ?, ...)} from a list of rows, one after the
 * other: one statement carries thousands of rows, and all but decimals travel in binary.
 */
public final class Columns<T> {
  private final Connection connection;
  private final PreparedStatement statement;
  private final List<T> rows;
  private int parameter;

  /**
   * Starts at a parameter.
   *
   * @param first the number of the first array parameter, from 1
   */
  public Columns(Connection connection, PreparedStatement statement, List<T> rows, int first) {
    this.connection = connection;
    this.statement = statement;
    this.rows = rows;
    this.parameter = first;
  }

  /** A {@code text[]}. */
  public void text(Function<T, @Nullable String> column) throws SQLException {
    set("text", rows.stream().map(column).toArray(String[]::new));
  }

  /** A {@code numeric[]}. */
  public void numeric(Function<T, @Nullable BigDecimal> column) throws SQLException {
    set("numeric", rows.stream().map(column).toArray());
  }

  /** A {@code bool[]}. */
  public void bool(Predicate<T> column) throws SQLException {
    set("bool", rows.stream().map(column::test).toArray());
  }

  /** An {@code int4[]}. */
  public void integer(ToIntFunction<T> column) throws SQLException {
    set("int4", rows.stream().mapToInt(column).toArray());
  }

  /** An {@code int8[]}. */
  public void bigint(ToLongFunction<T> column) throws SQLException {
    set("int8", rows.stream().mapToLong(column).toArray());
  }

  /** An {@code int8[]} of microseconds since 1970, UTC: what a timestamptz holds exactly. */
  public void micros(Function<T, Instant> column) throws SQLException {
    bigint(
        row -> {
          Instant time = column.apply(row);
          return time.getEpochSecond() * 1_000_000L + time.getNano() / 1_000;
        });
  }

  /** An {@code int4[]} of days since 1970. */
  public void days(Function<T, LocalDate> column) throws SQLException {
    integer(row -> Math.toIntExact(column.apply(row).toEpochDay()));
  }

  /** A {@code bytea[]}. */
  public void bytes(Function<T, byte @Nullable []> column) throws SQLException {
    set("bytea", rows.stream().map(column).toArray(byte[][]::new));
  }

  private void set(String type, Object array) throws SQLException {
    statement.setArray(
        parameter++, connection.unwrap(PGConnection.class).createArrayOf(type, array));
  }
}
