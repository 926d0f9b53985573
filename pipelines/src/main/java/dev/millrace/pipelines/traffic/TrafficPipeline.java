package dev.millrace.pipelines.traffic;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.DeadLetterRows;
import dev.millrace.io.jdbc.JdbcRows;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RowWriter;
import dev.millrace.io.jdbc.RunAttempt;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.decode.DecodeRecords;
import dev.millrace.transforms.dedup.DropDuplicates;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.AggregateByWindow;
import dev.millrace.transforms.window.ClosedWindows;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.ValueStatsCoder;
import dev.millrace.transforms.window.WindowPolicy;
import dev.millrace.transforms.window.WindowResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/**
 * Events by region and by user, in windows of event time.
 *
 * <pre>
 * source -> DecodeEvents -> DropDuplicates -> FiveMinutes -> write -> mark final
 *               |                          +> Sliding     -> write -> mark final
 *               |                          +> Sessions    -> write -> mark final
 *               +-> DeadLetters
 * </pre>
 *
 * <p>One graph for the live topic and the backfill. The same events leave the same windows, with
 * the same aggregates; only which pane wrote them differs.
 */
public final class TrafficPipeline {
  /** The pipeline's name in metrics, dead letters and job names. */
  public static final String NAME = "traffic";

  /** How much older than the newest event of its partition an event may be without being late. */
  public static final Duration OUT_OF_ORDERNESS = Duration.standardSeconds(30);

  private static final Duration FIVE_MINUTES = Duration.standardMinutes(5);
  private static final Duration EVERY_MINUTE = Duration.standardMinutes(1);
  private static final Duration SESSION_GAP = Duration.standardSeconds(30);

  private TrafficPipeline() {}

  /**
   * When windows fire.
   *
   * @param allowedLateness how long after its end a window is corrected by late events
   * @param earlyFiring how long after a window's first new event it shows a preliminary result, in
   *     processing time; null for never
   */
  public record Firing(Duration allowedLateness, @Nullable Duration earlyFiring) {

    private WindowPolicy of(WindowPolicy windows) {
      WindowPolicy late = windows.withAllowedLateness(allowedLateness);
      return earlyFiring == null ? late : late.withEarlyFiring(earlyFiring);
    }
  }

  /**
   * A table of windows.
   *
   * @param rows makes results durable, and yields them once they are
   * @param finals told of the ends of closed windows, in milliseconds since 1970
   */
  public record Table<A>(
      PTransform<
              PCollection<WindowResult<A>>,
              WithFailures.Result<PCollection<WindowResult<A>>, DeadLetter>>
          rows,
      PTransform<PCollection<Long>, WithFailures.Result<PCollection<Long>, DeadLetter>> finals) {}

  /** Where results go. */
  public record Sinks(
      Table<ValueStats> fiveMinutes,
      Table<ValueStats> sliding,
      Table<SessionStats> sessions,
      PTransform<PCollection<DeadLetter>, WithFailures.Result<PCollection<DeadLetter>, DeadLetter>>
          deadLetters) {

    /**
     * The tables in PostgreSQL.
     *
     * @param run of {@link dev.millrace.io.jdbc.Runs}: a later one overwrites what earlier ones
     *     have written
     * @param pipelineVersion noted in the dead letters
     */
    public static Sinks postgres(Database database, long run, String pipelineVersion) {
      RunAttempt attempt = new RunAttempt(run);
      WindowRows fiveMinutes = new WindowRows("events_5m", attempt);
      WindowRows sliding = new WindowRows("events_sliding", attempt);
      return new Sinks(
          table(database, run, fiveMinutes, "window_end"),
          table(database, run, sliding, "window_end"),
          table(database, run, new SessionRows(attempt), "session_end"),
          JdbcRows.write(NAME + ".dead_letters", database, new DeadLetterRows(pipelineVersion)));
    }

    private static <A> Table<A> table(
        Database database, long run, RowWriter<WindowResult<A>> rows, String endColumn) {
      FinalRows finals = new FinalRows(rows.tables().get(0), endColumn, run);
      return new Table<>(
          JdbcRows.write(NAME, database, rows),
          JdbcRows.write(NAME + ".final_rows", database, finals));
    }
  }

  /** The tables that {@link Sinks#postgres} writes for these outputs. */
  public static List<RequiredTable> tables(Set<Output> outputs) {
    List<RequiredTable> tables = new ArrayList<>(new DeadLetterRows("").tables());
    RunAttempt none = new RunAttempt(0);
    if (outputs.contains(Output.FIVE_MINUTES)) {
      tables.addAll(new WindowRows("events_5m", none).tables());
    }
    if (outputs.contains(Output.SLIDING)) {
      tables.addAll(new WindowRows("events_sliding", none).tables());
    }
    if (outputs.contains(Output.SESSIONS)) {
      tables.addAll(new SessionRows(none).tables());
    }
    return tables;
  }

  /**
   * Adds the graph to {@code pipeline}.
   *
   * @param eventTime how {@code source} dates records
   * @param outputs the tables that are wanted
   */
  public static void build(
      Pipeline pipeline,
      PTransform<PBegin, PCollection<RawRecord>> source,
      EventTime eventTime,
      Sinks sinks,
      Set<Output> outputs,
      Firing firing) {
    List<PCollection<DeadLetter>> deadLetters = new ArrayList<>();
    // A window takes nothing more once an id is forgotten.
    Duration remembered = FIVE_MINUTES.plus(firing.allowedLateness());
    PCollection<Event> events =
        pipeline
            .apply("ReadRecords", source)
            .apply(
                "DecodeEvents",
                DecodeRecords.with(NAME, new EventDecoder(eventTime), EventCoder.of()))
            .failuresTo(deadLetters)
            .apply("DropDuplicates", DropDuplicates.by(NAME, Event::eventId, remembered));
    if (outputs.contains(Output.FIVE_MINUTES)) {
      WindowPolicy policy = firing.of(WindowPolicy.fixed(FIVE_MINUTES));
      write("FiveMinutes", byRegion(events, "FiveMinutes", policy), sinks.fiveMinutes(), firing);
    }
    if (outputs.contains(Output.SLIDING)) {
      WindowPolicy policy = firing.of(WindowPolicy.sliding(FIVE_MINUTES, EVERY_MINUTE));
      write("Sliding", byRegion(events, "Sliding", policy), sinks.sliding(), firing);
    }
    if (outputs.contains(Output.SESSIONS)) {
      WindowPolicy policy = firing.of(WindowPolicy.sessions(SESSION_GAP));
      write("Sessions", byUser(events, policy), sinks.sessions(), firing);
    }
    deadLetters.get(0).apply("WriteDeadLetters", sinks.deadLetters());
  }

  private static PCollection<WindowResult<ValueStats>> byRegion(
      PCollection<Event> events, String name, WindowPolicy policy) {
    return events.apply(
        name, AggregateByWindow.of(policy, new RegionStats(), ValueStatsCoder.of()));
  }

  private static PCollection<WindowResult<SessionStats>> byUser(
      PCollection<Event> events, WindowPolicy policy) {
    return events
        .apply("WithUser", Filter.by(event -> event.userId() != null))
        .apply(
            "Sessions",
            AggregateByWindow.of(policy, new UserSessions(), new SessionStats.StatsCoder()));
  }

  private static <A> void write(
      String name, PCollection<WindowResult<A>> results, Table<A> table, Firing firing) {
    results
        .apply("Write" + name, table.rows())
        .output()
        .apply("Closed" + name, ClosedWindows.of(WindowResult::end, firing.allowedLateness()))
        .apply("MarkFinal" + name, table.finals());
  }
}
