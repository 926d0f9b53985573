package dev.millrace.pipelines.traffic;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.DeadLetterRows;
import dev.millrace.io.jdbc.JdbcRows;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RunAttempt;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.decode.DecodeRecords;
import dev.millrace.transforms.dedup.DropDuplicates;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.AggregateByWindow;
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
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/**
 * Events by region and by user, in windows of event time.
 *
 * <pre>
 * source -> DecodeEvents -> DropDuplicates -> FiveMinutes -> WriteFiveMinutes
 *               |                          +> Sliding     -> WriteSliding
 *               |                          +> Sessions    -> WriteSessions
 *               +-> WriteDeadLetters
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
   * Where results go; each but the last makes rows durable.
   *
   * @param messages told of each result of five minutes as well; null if nobody is
   */
  public record Sinks(
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
      PTransform<PCollection<DeadLetter>, WithFailures.Result<PCollection<DeadLetter>, DeadLetter>>
          deadLetters,
      @Nullable PTransform<PCollection<KV<byte[], byte[]>>, PDone> messages) {

    /**
     * The tables in PostgreSQL.
     *
     * @param run of {@link dev.millrace.io.jdbc.Runs}: a later one overwrites what earlier ones
     *     have written
     * @param pipelineVersion noted in the dead letters
     */
    public static Sinks postgres(Database database, long run, String pipelineVersion) {
      RunAttempt attempt = new RunAttempt(run);
      return new Sinks(
          JdbcRows.write(NAME, database, new WindowRows("events_5m", attempt)),
          JdbcRows.write(NAME, database, new WindowRows("events_sliding", attempt)),
          JdbcRows.write(NAME, database, new SessionRows(attempt)),
          JdbcRows.write(NAME + ".dead_letters", database, new DeadLetterRows(pipelineVersion)),
          null);
    }

    /** The same, and five-minute results as messages. */
    public Sinks withMessages(PTransform<PCollection<KV<byte[], byte[]>>, PDone> messages) {
      return new Sinks(fiveMinutes, sliding, sessions, deadLetters, messages);
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
    // Once an id is forgotten, all windows of its time are closed: it would be dropped as late.
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
      PCollection<WindowResult<ValueStats>> results =
          events.apply("FiveMinutes", byRegion(firing.of(WindowPolicy.fixed(FIVE_MINUTES))));
      results.apply("WriteFiveMinutes", sinks.fiveMinutes());
      if (sinks.messages() != null) {
        results.apply("Messages", new WindowMessages()).apply("Publish", sinks.messages());
      }
    }
    if (outputs.contains(Output.SLIDING)) {
      events
          .apply("Sliding", byRegion(firing.of(WindowPolicy.sliding(FIVE_MINUTES, EVERY_MINUTE))))
          .apply("WriteSliding", sinks.sliding());
    }
    if (outputs.contains(Output.SESSIONS)) {
      events
          .apply("WithUser", Filter.by(event -> event.userId() != null))
          .apply("Sessions", byUser(firing.of(WindowPolicy.sessions(SESSION_GAP))))
          .apply("WriteSessions", sinks.sessions());
    }
    deadLetters.get(0).apply("WriteDeadLetters", sinks.deadLetters());
  }

  private static AggregateByWindow<Event, ValueStats> byRegion(WindowPolicy policy) {
    return AggregateByWindow.of(policy, new RegionStats(), ValueStatsCoder.of());
  }

  private static AggregateByWindow<Event, SessionStats> byUser(WindowPolicy policy) {
    return AggregateByWindow.of(policy, new UserSessions(), new SessionStats.StatsCoder());
  }
}
