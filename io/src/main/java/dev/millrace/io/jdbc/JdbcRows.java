package dev.millrace.io.jdbc;

import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.record.RawRecord;
import java.sql.SQLException;
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
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

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
   * Writes each element through {@code writer} when the checkpoint that has it is complete, so that
   * the table never holds what a restart takes back. See {@link WriteAfterCheckpoint}.
   *
   * @param pipeline the namespace of the metrics that the writer counts
   */
  public static <T> PTransform<PCollection<T>, PDone> writeAfterCheckpoint(
      String pipeline, Database database, RowWriter<T> writer) {
    return new WriteAfterCheckpoint<>(pipeline, database, writer);
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
   *       idempotent. While the database is away, a batch is tried for some 20 s with exponential
   *       backoff and jitter before the bundle fails. A batch that is refused for its data is
   *       bisected, and the refused row becomes a dead letter (or fails the bundle, if none are
   *       asked for).
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

  private static final class WriteFn<T> extends DoFn<T, T> {
    private static final long serialVersionUID = 1L;
    private final String pipeline;
    private final Database database;
    private final RowWriter<T> writer;
    private final @Nullable SerializableFunction<T, RawRecord> recordOf;
    private final TupleTag<T> written;
    private final TupleTag<DeadLetter> refused;

    private transient @Nullable BatchWriter<T> batches;
    private transient List<TimestampedValue<T>> batch;
    private transient long batchBytes;

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
      batches = BatchWriter.open(database, writer);
    }

    @StartBundle
    public void startBundle() {
      clear();
    }

    @ProcessElement
    public void process(@Element T row, @Timestamp Instant timestamp, MultiOutputReceiver out)
        throws SQLException {
      batch.add(TimestampedValue.of(row, timestamp));
      batchBytes += batches.bytes(row);
      if (batch.size() >= BatchWriter.MAX_ROWS || batchBytes >= BatchWriter.MAX_BYTES) {
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
      if (batches != null) {
        batches.close();
      }
    }

    /** A full batch is flushed by a later element than those in it. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public org.joda.time.Duration getAllowedTimestampSkew() {
      return org.joda.time.Duration.millis(Long.MAX_VALUE);
    }

    private void flush(Output<T> out) throws SQLException {
      batches.write(
          batch,
          TimestampedValue::getValue,
          new BatchWriter.Outcome<>() {
            @Override
            public void written(TimestampedValue<T> row) {
              out.written(row);
            }

            @Override
            public void counted(Map<String, Long> counts, int rows) {
              counts.forEach((name, count) -> Metrics.counter(pipeline, name).inc(count));
              Metrics.counter(pipeline, "written").inc(rows);
            }

            @Override
            public void refused(TimestampedValue<T> row, SQLException reason) throws SQLException {
              refuse(row, reason, out);
            }
          });
      clear();
    }

    private void clear() {
      batch = new ArrayList<>();
      batchBytes = 0;
    }

    private void refuse(TimestampedValue<T> row, SQLException e, Output<T> out)
        throws SQLException {
      if (recordOf == null) {
        throw e;
      }
      Metrics.counter(pipeline, "dead_letters").inc();
      RawRecord record = recordOf.apply(row.getValue());
      DeadLetter letter =
          e instanceof RefusedRowException refusal
              ? DeadLetter.of(record, pipeline, STAGE, refusal.errorClass(), e.getMessage())
              : DeadLetter.of(
                  record,
                  pipeline,
                  STAGE,
                  "refused_by_database",
                  "the database refused the row (SQLSTATE "
                      + e.getSQLState()
                      + "): "
                      + e.getMessage());
      out.refused(letter, row.getTimestamp());
    }
  }

  private interface Output<T> {
    void written(TimestampedValue<T> row);

    void refused(DeadLetter letter, Instant timestamp);
  }
}
