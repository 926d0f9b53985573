package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.admission.AdmitOnce;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.decode.DecodeRecords;
import dev.millrace.transforms.ledger.Closing;
import dev.millrace.transforms.ledger.Ledger;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.AggregateByWindow;
import dev.millrace.transforms.window.CountWritten;
import dev.millrace.transforms.window.InScope;
import dev.millrace.transforms.window.Scope;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.ValueStatsCoder;
import dev.millrace.transforms.window.WindowPolicy;
import dev.millrace.transforms.window.WindowResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/**
 * Events by region and by user, in windows of event time.
 *
 * <pre>
 * source -> DecodeEvents -> AdmitOnce -> FiveMinutes -> WriteFiveMinutes --+
 *               |            |  |  |  +> Sliding     -> WriteSliding ------+
 *               |            |  |  |  +> Sessions    -> WriteSessions -----+
 *               |            |  |  +---> WriteLate                         |
 *               +------------+--|------> WriteDeadLetters                  |
 *                               +------> WriteLedger <---------------------+
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

  /** The windows by which lateness is judged and accounts are kept. */
  public static final Duration FIVE_MINUTES = Duration.standardMinutes(5);

  /** Which events count, if nothing else is said. */
  public static final AdmissionRule ADMISSION =
      AdmissionRule.of(
          Duration.standardHours(1),
          FIVE_MINUTES,
          Duration.standardMinutes(10),
          LatePolicy.SIDE_TABLE);

  /** Without an event for so long, a session has ended. */
  public static final Duration SESSION_GAP = Duration.standardSeconds(30);

  private static final Duration EVERY_MINUTE = Duration.standardMinutes(1);

  /**
   * How much of the time before and after it a repair reads. A session that goes on beyond that
   * stays as it is.
   */
  public static final java.time.Duration REACH = java.time.Duration.ofHours(1);

  /** A session may go on for long, and is written for good when it ends. */
  private static final Duration PATIENCE = Duration.standardDays(1);

  private TrafficPipeline() {}

  /**
   * What is wanted.
   *
   * @param eventTime how the source dates records
   * @param outputs the tables
   * @param admission which events go into them; its window is {@link #FIVE_MINUTES}
   * @param earlyFiring how long after a window's first new event it shows a preliminary result, in
   *     processing time; null for never
   * @param scope the windows that are written
   */
  public record Wish(
      EventTime eventTime,
      Set<Output> outputs,
      AdmissionRule admission,
      @Nullable Duration earlyFiring,
      Scope scope) {

    private WindowPolicy of(WindowPolicy windows) {
      WindowPolicy late = windows.withAllowedLateness(admission.latenessDownstream());
      return earlyFiring == null ? late : late.withEarlyFiring(earlyFiring);
    }
  }

  /** Adds the graph to {@code pipeline}. */
  public static void build(
      Pipeline pipeline,
      PTransform<PBegin, PCollection<Batch<RawRecord>>> source,
      TrafficSinks sinks,
      Wish wish) {
    WindowPolicy fixed = wish.of(WindowPolicy.fixed(FIVE_MINUTES));
    WindowPolicy sliding = wish.of(WindowPolicy.sliding(FIVE_MINUTES, EVERY_MINUTE));
    WindowPolicy sessions = wish.of(WindowPolicy.sessions(SESSION_GAP));
    Map<Output, WindowPolicy> windows =
        Map.of(Output.FIVE_MINUTES, fixed, Output.SLIDING, sliding, Output.SESSIONS, sessions);
    Ledger ledger = ledger(wish, windows);
    List<PCollection<DeadLetter>> deadLetters = new ArrayList<>();
    AdmitOnce.Judged<Event> judged =
        pipeline
            .apply("ReadRecords", source)
            .apply(
                "DecodeEvents",
                DecodeRecords.with(NAME, new EventDecoder(wish.eventTime()), EventCoder.of())
                    .within(wish.scope().records())
                    .countedIn(ledger))
            .failuresTo(deadLetters)
            .apply(
                "AdmitOnce",
                AdmitOnce.by(NAME, new EventIdentity(wish.eventTime()), wish.admission()));
    PCollection<Batch<Event>> events = judged.admitted();
    ledger.add(judged.tallies());
    deadLetters.add(judged.conflicting());
    judged.late().apply("WriteLate", sinks.late());
    if (wish.outputs().contains(Output.FIVE_MINUTES)) {
      PCollection<WindowResult<ValueStats>> results =
          inScope(
              wish.scope(),
              Output.FIVE_MINUTES,
              events.apply("FiveMinutes", byRegion(fixed)),
              ledger);
      count(
          Output.FIVE_MINUTES,
          results.apply("WriteFiveMinutes", sinks.fiveMinutes()).output(),
          ledger);
      if (sinks.messages() != null) {
        results.apply("Messages", new WindowMessages()).apply("Publish", sinks.messages());
      }
    }
    if (wish.outputs().contains(Output.SLIDING)) {
      PCollection<WindowResult<ValueStats>> results =
          inScope(wish.scope(), Output.SLIDING, events.apply("Sliding", byRegion(sliding)), ledger);
      count(Output.SLIDING, results.apply("WriteSliding", sinks.sliding()).output(), ledger);
    }
    if (wish.outputs().contains(Output.SESSIONS)) {
      ledger.count(
          Stage.filtered(Output.SESSIONS.table()),
          events
              .apply("WithoutUser", Batches.where(event -> event.userId() == null))
              .apply("Nobodys", Batches.values()));
      PCollection<WindowResult<SessionStats>> results =
          inScope(
              wish.scope(),
              Output.SESSIONS,
              events
                  .apply("WithUser", Batches.where(event -> event.userId() != null))
                  .apply("Sessions", byUser(sessions)),
              ledger);
      count(Output.SESSIONS, results.apply("WriteSessions", sinks.sessions()).output(), ledger);
    }
    ledger
        .count(
            Stage.DEAD_LETTER,
            PCollectionList.of(deadLetters).apply("AllDeadLetters", Flatten.pCollections()))
        .apply("WriteDeadLetters", sinks.deadLetters());
    ledger.totals().apply("WriteLedger", sinks.ledger());
  }

  private static Ledger ledger(Wish wish, Map<Output, WindowPolicy> windows) {
    Map<String, Integer> rowsOfAnEvent = new TreeMap<>();
    wish.outputs()
        .forEach(
            output -> rowsOfAnEvent.put(output.table(), windows.get(output).windowsPerElement()));
    Duration after = wish.admission().latenessDownstream();
    return Ledger.of(new Closing(FIVE_MINUTES, after, PATIENCE), rowsOfAnEvent);
  }

  /** The results that the run answers for; the others are counted. */
  private static <A> PCollection<WindowResult<A>> inScope(
      Scope scope, Output output, PCollection<WindowResult<A>> results, Ledger ledger) {
    if (scope.isAll()) {
      return results;
    }
    String stage = Stage.skipped(output.table());
    java.time.Duration gap =
        output == Output.SESSIONS
            ? java.time.Duration.ofMillis(SESSION_GAP.getMillis())
            : java.time.Duration.ZERO;
    ledger.add(
        results
            .apply("OutOfScope." + output.table(), InScope.outOf(scope, gap))
            .apply("Count." + stage, CountWritten.as(stage, FIVE_MINUTES)));
    return results.apply("InScope." + output.table(), InScope.of(scope, gap));
  }

  private static <A> void count(
      Output output, PCollection<WindowResult<A>> written, Ledger ledger) {
    String stage = Stage.written(output.table());
    ledger.add(written.apply("Count." + stage, CountWritten.as(stage, FIVE_MINUTES)));
  }

  private static AggregateByWindow<Event, ValueStats> byRegion(WindowPolicy policy) {
    return AggregateByWindow.of(policy, new RegionStats(), ValueStatsCoder.of(), FIVE_MINUTES);
  }

  private static AggregateByWindow<Event, SessionStats> byUser(WindowPolicy policy) {
    return AggregateByWindow.of(
        policy, new UserSessions(), new SessionStats.StatsCoder(), FIVE_MINUTES);
  }
}
