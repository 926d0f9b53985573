package dev.millrace.io.jdbc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * How a batch of rows changes the database. Must be idempotent: a batch may come again after it was
 * committed, alone or among others, and must then change nothing.
 */
public interface RowWriter<T> extends Serializable {

  /** The tables that it writes; checked before the first row. */
  List<RequiredTable> tables();

  /**
   * Called once before the first batch, in a transaction of its own.
   *
   * @param connection used for what the writer has to know beforehand
   */
  default void open(Connection connection) throws SQLException {}

  /** Called once after the last batch, if {@link #open} was. */
  default void close() {}

  /**
   * Writes {@code rows} within the connection's open transaction, which the caller commits.
   *
   * <p>Locks rows in the order of their keys, so that parallel writers can't deadlock.
   *
   * @param rows at least one, in the order of arrival; the same key may occur several times
   * @return what happened, by the name of the metric that counts it
   */
  Map<String, Long> write(Connection connection, List<T> rows) throws SQLException;

  /** About how many bytes a row holds; a batch is flushed before it holds too many. */
  default long bytes(T row) {
    return 0;
  }
}
