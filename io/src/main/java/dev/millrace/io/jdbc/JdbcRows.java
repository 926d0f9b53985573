package dev.millrace.io.jdbc;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.record.RawRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes to PostgreSQL. */
public final class JdbcRows {
  /** The stage of the dead letters that a database's refusal makes. */
  public static final String STAGE = "write";

  private JdbcRows() {}

  /**
   * Writes each element through {@code writer}, batch by batch.
   *
   * @param pipeline the namespace of the metrics that the writer counts
   */
  public static <T> Write<T> write(String pipeline, Database database, RowWriter<T> writer) {
    return new Write<>(pipeline, database, writer, null);
  }

  /**
   * Writes rows and yields them again once they are committed.
   *
   * <ul>
   *   <li>Input: bounded or unbounded; the outputs are in the global window, timestamps are kept.
   *   <li>Key and order: none needed; the writer orders and reduces what it gets.
   *   <li>Lateness: none; a row may come at any time.
   *   <li>Guarantee: a bundle succeeds only when all of its rows are committed, each batch in one
   *       transaction; a bundle that is tried again changes nothing more, since writers are
   *       idempotent. While the database is away, a batch is tried {@value #TRIES} times with
   *       exponential backoff and jitter before the bundle fails. A batch that is refused for its
   *       data is bisected, and the refused row becomes a dead letter (or fails the bundle, if none
   *       are asked for).
   *   <li>State: none between bundles.
   * </ul>
   */
  public static final class Write<T>
      extends PTransform<PCollection<T>, WithFailures.Result<PCollection<T>, DeadLetter>> {
    private static final long serialVersionUID = 1L;

    private final String pipeline;
    private final Database database;
    private final RowWriter<T> writer;
    private final @Nullable SerializableFunction<T, RawRecord> recordOf;

    private Write(
        String pipeline,
        Database database,
        RowWriter<T> writer,
        @Nullable SerializableFunction<T, RawRecord> recordOf) {
      this.pipeline = pipeline;
      this.database = database;
      this.writer = writer;
      this.recordOf = recordOf;
    }

    /**
     * Makes refused rows dead letters.
     *
     * @param recordOf the record that a row was made of
     */
    public Write<T> withDeadLetters(SerializableFunction<T, RawRecord> recordOf) {
      return new Write<>(pipeline, database, writer, recordOf);
    }

    @Override
    public WithFailures.Result<PCollection<T>, DeadLetter> expand(PCollection<T> rows) {
      TupleTag<T> written = new TupleTag<>("written");
      TupleTag<DeadLetter> refused = new TupleTag<>("refused");
      PCollection<T> input = rows;
      if (!(rows.getWindowingStrategy().getWindowFn() instanceof GlobalWindows)) {
        input = rows.apply("GlobalWindow", Window.into(new GlobalWindows()));
      }
      PCollectionTuple outputs =
          input.apply(
              "Write",
              ParDo.of(new WriteFn<>(this, written, refused))
                  .withOutputTags(written, TupleTagList.of(refused)));
      outputs.get(written).setCoder(rows.getCoder());
      outputs.get(refused).setCoder(DeadLetterCoder.of());
      return WithFailures.Result.of(outputs, written, refused);
    }
  }

  private static final int TRIES = 6;
  private static final int MAX_ROWS = 5_000;
  private static final long MAX_BYTES = 16L << 20;

  private static final class WriteFn<T> extends DoFn<T, T> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(JdbcRows.class);

    private final String pipeline;
    private final Database database;
    private final RowWriter<T> writer;
    private final @Nullable SerializableFunction<T, RawRecord> recordOf;
    private final TupleTag<T> written;
    private final TupleTag<DeadLetter> refused;

    private transient ConnectionPool pool;
    private transient RetryPolicy<Object> retries;
    private transient List<TimestampedValue<T>> batch;
    private transient long batchBytes;
    private transient boolean opened;

    WriteFn(Write<T> write, TupleTag<T> written, TupleTag<DeadLetter> refused) {
      this.pipeline = write.pipeline;
      this.database = write.database;
      this.writer = write.writer;
      this.recordOf = write.recordOf;
      this.written = written;
      this.refused = refused;
    }

    @Setup
    public void setup() throws SQLException {
      pool = ConnectionPool.acquire(database);
      retries =
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

    @StartBundle
    public void startBundle() {
      clear();
    }

    @ProcessElement
    public void process(@Element T row, @Timestamp Instant timestamp, MultiOutputReceiver out)
        throws SQLException {
      batch.add(TimestampedValue.of(row, timestamp));
      batchBytes += writer.bytes(row);
      if (batch.size() >= MAX_ROWS || batchBytes >= MAX_BYTES) {
        flush(
            new Output<>() {
              @Override
              public void written(TimestampedValue<T> row) {
                out.get(written).outputWithTimestamp(row.getValue(), row.getTimestamp());
              }

              @Override
              public void refused(DeadLetter letter, Instant timestamp) {
                out.get(refused).outputWithTimestamp(letter, timestamp);
              }
            });
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) throws SQLException {
      flush(
          new Output<>() {
            @Override
            public void written(TimestampedValue<T> row) {
              out.output(written, row.getValue(), row.getTimestamp(), GlobalWindow.INSTANCE);
            }

            @Override
            public void refused(DeadLetter letter, Instant timestamp) {
              out.output(refused, letter, timestamp, GlobalWindow.INSTANCE);
            }
          });
    }

    @Teardown
    public void teardown() {
      if (opened) {
        writer.close();
      }
      if (pool != null) {
        pool.close();
      }
    }

    /** A full batch is flushed by a later element than those in it. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public org.joda.time.Duration getAllowedTimestampSkew() {
      return org.joda.time.Duration.millis(Long.MAX_VALUE);
    }

    private void flush(Output<T> out) throws SQLException {
      if (!batch.isEmpty()) {
        write(batch, out);
      }
      clear();
    }

    private void clear() {
      batch = new ArrayList<>();
      batchBytes = 0;
    }

    /** Commits the rows, or their halves, down to the single row that the database refuses. */
    private void write(List<TimestampedValue<T>> rows, Output<T> out) throws SQLException {
      List<T> values = new ArrayList<>(rows.size());
      rows.forEach(row -> values.add(row.getValue()));
      Map<String, Long> counts;
      try {
        counts = inTransaction(connection -> writer.write(connection, values));
      } catch (SQLException e) {
        if (!SqlErrors.isData(e)) {
          throw e;
        }
        if (rows.size() > 1) {
          write(rows.subList(0, rows.size() / 2), out);
          write(rows.subList(rows.size() / 2, rows.size()), out);
        } else {
          refuse(rows.get(0), e, out);
        }
        return;
      }
      counts.forEach((name, count) -> Metrics.counter(pipeline, name).inc(count));
      Metrics.counter(pipeline, "written").inc(rows.size());
      rows.forEach(out::written);
    }

    private void refuse(TimestampedValue<T> row, SQLException e, Output<T> out)
        throws SQLException {
      if (recordOf == null) {
        throw e;
      }
      Metrics.counter(pipeline, "dead_letters").inc();
      DeadLetter letter =
          DeadLetter.of(
              recordOf.apply(row.getValue()),
              pipeline,
              STAGE,
              "refused_by_database",
              "the database refused the row (SQLSTATE " + e.getSQLState() + "): " + e.getMessage());
      out.refused(letter, row.getTimestamp());
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
  }

  private interface Work<R> {
    R in(Connection connection) throws SQLException;
  }

  private interface Output<T> {
    void written(TimestampedValue<T> row);

    void refused(DeadLetter letter, Instant timestamp);
  }
}
