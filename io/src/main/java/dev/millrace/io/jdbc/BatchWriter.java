package dev.millrace.io.jdbc;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits batches of rows, each in one transaction. While the database is away, a batch is tried
 * {@value #TRIES} times with exponential backoff and jitter. One that is refused for its data is
 * bisected, down to the row that is to blame.
 */
final class BatchWriter<T> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JdbcRows.class);
  private static final int TRIES = 6;

  /** No batch should have more rows. */
  static final int MAX_ROWS = 5_000;

  /** A batch that has as many bytes should take no further row. */
  static final long MAX_BYTES = 16L << 20;

  private final RowWriter<T> writer;
  private final ConnectionPool pool;
  private final RetryPolicy<Object> retries;
  private boolean opened;

  /** What became of a row. */
  interface Outcome<R> {
    /** It is committed. */
    default void written(R row) {}

    /** The database will never take it; fails if nothing else is said. */
    default void refused(R row, SQLException reason) throws SQLException {
      throw reason;
    }

    /** What a batch has done, by the name of the metric that counts it. */
    default void counted(Map<String, Long> counts, int rows) {}
  }

  private interface Work<R> {
    R in(Connection connection) throws SQLException;
  }

  private BatchWriter(Database database, RowWriter<T> writer) {
    this.writer = writer;
    this.pool = ConnectionPool.acquire(database);
    this.retries =
        RetryPolicy.builder()
            .handleIf(SqlErrors::isTransient)
            .withMaxAttempts(TRIES)
            .withBackoff(Duration.ofMillis(500), Duration.ofSeconds(8))
            .withJitter(0.25)
            .onRetryScheduled(
                e ->
                    LOG.warn(
                        "The database is not available, trying again in {} ms: {}",
                        e.getDelay().toMillis(),
                        String.valueOf(e.getLastException())))
            .build();
  }

  /**
   * One that is ready, to be closed.
   *
   * @throws IllegalStateException if a table isn't as it must be
   */
  static <T> BatchWriter<T> open(Database database, RowWriter<T> writer) throws SQLException {
    BatchWriter<T> batches = new BatchWriter<>(database, writer);
    try {
      batches.prepare();
    } catch (SQLException | RuntimeException e) {
      batches.close();
      throw e;
    }
    return batches;
  }

  private void prepare() throws SQLException {
    List<String> problems =
        inTransaction(connection -> RequiredTable.problems(connection, writer.tables()));
    if (!problems.isEmpty()) {
      throw new IllegalStateException(String.join("; ", problems));
    }
    inTransaction(
        connection -> {
          writer.open(connection);
          opened = true; // Whatever becomes of the transaction: there is something to close.
          return null;
        });
  }

  /** About how many bytes a row holds. */
  long bytes(T row) {
    return writer.bytes(row);
  }

  /**
   * Commits the rows, or their halves, down to the single row that the database refuses.
   *
   * @param rows anything that has a row
   */
  <R> void write(List<R> rows, Function<R, T> rowOf, Outcome<R> outcome) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    List<T> values = new ArrayList<>(rows.size());
    rows.forEach(row -> values.add(rowOf.apply(row)));
    Map<String, Long> counts;
    try {
      counts = inTransaction(connection -> writer.write(connection, values));
    } catch (SQLException e) {
      if (!SqlErrors.isData(e)) {
        throw e;
      }
      if (rows.size() > 1) {
        write(rows.subList(0, rows.size() / 2), rowOf, outcome);
        write(rows.subList(rows.size() / 2, rows.size()), rowOf, outcome);
      } else {
        outcome.refused(rows.get(0), e);
      }
      return;
    }
    outcome.counted(counts, rows.size());
    rows.forEach(outcome::written);
  }

  private <R> R inTransaction(Work<R> work) throws SQLException {
    try {
      return Failsafe.with(retries).get(() -> attempt(work));
    } catch (FailsafeException e) {
      if (e.getCause() instanceof SQLException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private <R> R attempt(Work<R> work) throws SQLException {
    try (Connection connection = pool.connection()) {
      try {
        R result = work.in(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        try {
          connection.rollback();
        } catch (SQLException broken) {
          e.addSuppressed(broken); // The connection is gone, and its transaction with it.
        }
        throw e;
      }
    }
  }

  @Override
  public void close() {
    if (opened) {
      writer.close();
    }
    pool.close();
  }
}
