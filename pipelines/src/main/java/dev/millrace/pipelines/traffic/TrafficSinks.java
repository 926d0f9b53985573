package dev.millrace.pipelines.traffic;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.DeadLetterRows;
import dev.millrace.io.jdbc.JdbcRows;
import dev.millrace.io.jdbc.LateRecordRows;
import dev.millrace.io.jdbc.LedgerRows;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RunAttempt;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.LateRecord;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.WindowResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Where the pipeline's results go.
 *
 * @param fiveMinutes makes rows durable, and yields them once they are; so do {@code sliding} and
 *     {@code sessions}
 * @param late keeps what came too late
 * @param deadLetters keeps what could not be processed
 * @param ledger keeps the accounts
 * @param messages told of each result of five minutes as well; null if nobody is
 */
public record TrafficSinks(
    PTransform<
            PCollection<WindowResult<ValueStats>>,
            WithFailures.Result<PCollection<WindowResult<ValueStats>>, DeadLetter>>
        fiveMinutes,
    PTransform<
            PCollection<WindowResult<ValueStats>>,
            WithFailures.Result<PCollection<WindowResult<ValueStats>>, DeadLetter>>
        sliding,
    PTransform<
            PCollection<WindowResult<SessionStats>>,
            WithFailures.Result<PCollection<WindowResult<SessionStats>>, DeadLetter>>
        sessions,
    PTransform<PCollection<LateRecord>, PDone> late,
    PTransform<PCollection<DeadLetter>, PDone> deadLetters,
    PTransform<PCollection<LedgerEntry>, PDone> ledger,
    @Nullable PTransform<PCollection<KV<byte[], byte[]>>, PDone> messages) {

  private static final String NAME = TrafficPipeline.NAME;

  /**
   * The tables in PostgreSQL. What can differ after a restart is written after a checkpoint only.
   *
   * @param run of {@link dev.millrace.io.jdbc.Runs}: a later one overwrites what earlier ones have
   *     written
   * @param pipelineVersion noted in the dead letters and late records
   * @param place the live tables, or a run's own
   */
  public static TrafficSinks postgres(
      Database database, long run, String pipelineVersion, TablePlace place) {
    RunAttempt attempt = new RunAttempt(run);
    WindowRows fiveMinutes = new WindowRows(Output.FIVE_MINUTES.table(), place, attempt);
    WindowRows sliding = new WindowRows(Output.SLIDING.table(), place, attempt);
    DeadLetterRows deadLetters = new DeadLetterRows(pipelineVersion, place);
    LateRecordRows late = new LateRecordRows(run, pipelineVersion);
    return new TrafficSinks(
        JdbcRows.write(NAME, database, fiveMinutes),
        JdbcRows.write(NAME, database, sliding),
        JdbcRows.write(NAME, database, new SessionRows(place, attempt)),
        JdbcRows.writeAfterCheckpoint(NAME + ".late_records", database, late),
        JdbcRows.writeAfterCheckpoint(NAME + ".dead_letters", database, deadLetters),
        JdbcRows.writeAfterCheckpoint(NAME + ".ledger", database, new LedgerRows(run, NAME)),
        null);
  }

  /** The same, and five-minute results as messages. */
  public TrafficSinks withMessages(PTransform<PCollection<KV<byte[], byte[]>>, PDone> messages) {
    return new TrafficSinks(fiveMinutes, sliding, sessions, late, deadLetters, ledger, messages);
  }

  /** The tables that {@link #postgres} writes for these outputs. */
  public static List<RequiredTable> tables(Set<Output> outputs) {
    List<RequiredTable> tables = new ArrayList<>(new DeadLetterRows("").tables());
    tables.addAll(new LateRecordRows(0, "").tables());
    tables.addAll(new LedgerRows(0, NAME).tables());
    RunAttempt none = new RunAttempt(0);
    for (Output output : outputs) {
      tables.addAll(
          output == Output.SESSIONS
              ? new SessionRows(TablePlace.LIVE, none).tables()
              : new WindowRows(output.table(), TablePlace.LIVE, none).tables());
    }
    return tables;
  }
}
