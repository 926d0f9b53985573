package dev.millrace.io.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.state.BagState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Writes rows when the checkpoint that has them is complete: what a restart takes back was never in
 * the table.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window. In a bounded run, and on DirectRunner,
 *       which have no checkpoints, rows are written at the end of their bundle.
 *   <li>Key and order: none needed; rows are written in the order of their arrival, in one
 *       transaction for all of a checkpoint, up to {@value BatchWriter#MAX_ROWS} rows or 16 MiB.
 *   <li>Lateness: looks at no time.
 *   <li>Guarantee: at least once, so the writer must be idempotent. A row that the database refuses
 *       fails the job.
 *   <li>State: the rows since the last checkpoint, on one worker: for rows that are few.
 * </ul>
 *
 * <p>Beam's own {@code @RequiresStableInput} does the same for any step, but loses what it holds
 * when a Flink job is drained (ADR 11). So rows are kept in state until they are written, and a
 * {@link DoFn.BundleFinalizer}, which Flink's runner calls after the checkpoint, writes them.
 */
final class WriteAfterCheckpoint<T> extends PTransform<PCollection<T>, PDone> {
  private static final long serialVersionUID = 1L;

  private final String pipeline;
  private final Database database;
  private final RowWriter<T> writer;

  WriteAfterCheckpoint(String pipeline, Database database, RowWriter<T> writer) {
    this.pipeline = pipeline;
    this.database = database;
    this.writer = writer;
  }

  @Override
  public PDone expand(PCollection<T> rows) {
    if (rows.isBounded() == PCollection.IsBounded.BOUNDED) {
      rows.apply("Write", JdbcRows.write(pipeline, database, writer));
    } else {
      rows.apply("ToOne", ParDo.of(new ToOneFn<T>()))
          .setCoder(KvCoder.of(VarIntCoder.of(), rows.getCoder()))
          .apply("Write", ParDo.of(new WriteStableFn<>(database, writer, rows.getCoder())));
    }
    return PDone.in(rows.getPipeline());
  }

  private static final class ToOneFn<T> extends DoFn<T, KV<Integer, T>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element T row, OutputReceiver<KV<Integer, T>> out) {
      out.output(KV.of(0, row));
    }
  }

  /** The rows that this worker has put into the state and not yet written. */
  private static final class Waiting<T> {
    private final List<T> rows = new ArrayList<>();
    private long forgotten;
    private int written;

    synchronized void add(T row) {
      rows.add(row);
    }

    synchronized void writeUpTo(long end, BatchWriter<T> batches) throws SQLException {
      int stop = (int) (end - forgotten);
      while (written < stop) {
        int next = written;
        long bytes = 0;
        do {
          bytes += batches.bytes(rows.get(next));
          next++;
        } while (next < stop
            && next - written < BatchWriter.MAX_ROWS
            && bytes < BatchWriter.MAX_BYTES);
        batches.write(rows.subList(written, next), Function.identity(), new Outcome<>());
        written = next;
      }
    }

    synchronized boolean isWritten() {
      return written == rows.size();
    }

    /** How many there have been. */
    synchronized long end() {
      return forgotten + rows.size();
    }

    /** Drops those that are written, and says whether there were any. */
    synchronized boolean forgetWritten() {
      boolean any = written > 0;
      rows.subList(0, written).clear();
      forgotten += written;
      written = 0;
      return any;
    }

    synchronized List<T> rows() {
      return List.copyOf(rows);
    }
  }

  /** Metrics can't be counted outside of a bundle, and a refusal fails the job. */
  private static final class Outcome<T> implements BatchWriter.Outcome<T> {}

  /** How far a bundle goes. */
  private static final class Mark {
    private long end;
  }

  private static final class WriteStableFn<T> extends DoFn<KV<Integer, T>, Void> {
    private static final long serialVersionUID = 1L;
    private static final String PENDING = "pending";
    private static final String ARMED = "armed";
    private static final String WAKE = "wake";

    /** Longer than any checkpoint takes. */
    private static final Duration EXPIRY = Duration.standardDays(1);

    private final Database database;
    private final RowWriter<T> writer;

    @StateId(PENDING)
    private final StateSpec<BagState<T>> pendingSpec;

    @StateId(ARMED)
    private final StateSpec<ValueState<Boolean>> armedSpec = StateSpecs.value(BooleanCoder.of());

    /** Fires when the watermark moves: after a restart, too, when no row comes any more. */
    @TimerId(WAKE)
    private final TimerSpec wakeSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    private transient @Nullable BatchWriter<T> batches;

    /** Null until the state has been looked at. */
    private transient @Nullable Waiting<T> waiting;

    private transient @Nullable Mark bundle;

    /**
     * Flink's runner has one for the life of a worker, and hands it out with elements only. Kept
     * for the timer: the finalizers of a checkpoint that is aborted, and of a savepoint that
     * doesn't stop the job, are never called, and somebody must ask again.
     */
    private transient @Nullable BundleFinalizer finalizer;

    WriteStableFn(Database database, RowWriter<T> writer, Coder<T> coder) {
      this.database = database;
      this.writer = writer;
      this.pendingSpec = StateSpecs.bag(coder);
    }

    @Setup
    public void setup() throws SQLException {
      batches = BatchWriter.open(database, writer);
    }

    @StartBundle
    public void startBundle() {
      bundle = null;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, T> row,
        @StateId(PENDING) BagState<T> pending,
        @StateId(ARMED) ValueState<Boolean> armed,
        @TimerId(WAKE) Timer wake,
        BundleFinalizer bundleFinalizer)
        throws SQLException {
      finalizer = bundleFinalizer;
      tidy(pending);
      if (armed.read() == null) {
        arm(armed, wake);
      }
      pending.add(row.getValue());
      waiting.add(row.getValue());
      writeAfterCheckpoint();
    }

    private void writeAfterCheckpoint() {
      if (bundle == null) {
        Mark mark = new Mark();
        Waiting<T> its = waiting;
        BatchWriter<T> target = batches;
        bundle = mark;
        finalizer.afterBundleCommit(
            Instant.now().plus(EXPIRY), () -> its.writeUpTo(mark.end, target));
      }
      bundle.end = waiting.end();
    }

    @OnTimer(WAKE)
    public void wake(
        @StateId(PENDING) BagState<T> pending,
        @StateId(ARMED) ValueState<Boolean> armed,
        @TimerId(WAKE) Timer wake)
        throws SQLException {
      tidy(pending);
      if (waiting.isWritten()) {
        armed.clear();
        return;
      }
      writeAfterCheckpoint();
      if (wake.getCurrentRelativeTime().isBefore(GlobalWindow.INSTANCE.maxTimestamp())) {
        arm(armed, wake);
      }
    }

    /** Leaves in the state what still has to be written. */
    private void tidy(BagState<T> pending) throws SQLException {
      if (waiting == null) {
        // Whatever a worker finds in the state has come from a complete checkpoint.
        Waiting<T> found = new Waiting<>();
        pending.read().forEach(found::add);
        found.writeUpTo(found.end(), batches);
        waiting = found;
      }
      if (waiting.forgetWritten()) {
        pending.clear();
        waiting.rows().forEach(pending::add);
      }
    }

    private static void arm(ValueState<Boolean> armed, Timer wake) {
      Instant next = wake.getCurrentRelativeTime().plus(Duration.millis(1));
      Instant last = GlobalWindow.INSTANCE.maxTimestamp();
      armed.write(true);
      wake.withNoOutputTimestamp().set(next.isAfter(last) ? last : next);
    }

    @Teardown
    public void teardown() {
      if (batches != null) {
        batches.close();
      }
    }
  }
}
