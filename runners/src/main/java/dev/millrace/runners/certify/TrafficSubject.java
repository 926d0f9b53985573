package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.pipelines.traffic.Output;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.pipelines.traffic.TrafficSinks;
import dev.millrace.runners.feed.Events;
import dev.millrace.runners.feed.Faults;
import dev.millrace.runners.feed.TrafficEvents;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.window.Scope;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/** The traffic pipeline. */
final class TrafficSubject implements Subject {
  private static final Instant START = Instant.parse("2026-05-26T08:00:00Z");
  private static final org.joda.time.Duration EARLY = org.joda.time.Duration.standardSeconds(1);

  /** With these, a run of any size has a few hours, and users with sessions. */
  private static final int PER_SECOND = 10_000;

  private static final int MIN_USERS = 40;
  private static final int EVENTS_PER_USER = 500;

  /**
   * The rows of windows; values that depend on which of two conflicting events was admitted are
   * left out.
   */
  private static final String WINDOWS =
      """
      select region, window_start, %s count,
        case when known then %s end
      from (
        select t.*, not exists (
            select from conflicts c
            where c.event ->> 'region' = t.region
              and c.event_time >= t.window_start
              and c.event_time < t.window_start + interval '5 minutes') as known
        from %s t) windows
      order by region, window_start
      """;

  private static final String SESSIONS =
      """
      select user_id, session_start, session_end, events, pages, is_final
      from gold.sessions where %s order by user_id, session_start
      """;

  /**
   * A session of the batch that has no late event in it; a session of the stream to which none
   * belongs: what a late event is missing from begins less than a gap after it, or ends after it.
   */
  private static final String NO_LATE =
      """
      not exists (
        select from late
        where event ->> 'user_id' = user_id
          and (event_time >= session_start
            or event_time > session_start - %d * interval '1 millisecond')
          and event_time < session_end)
      """;

  /** Each late event once, in windows of its own. */
  private static final String WITH_LATE =
      """
      (select region, window_start, max(window_end) as window_end, bool_and(is_final) as is_final,
        sum(count) as count, sum(sum) as sum, min(min) as min, max(max) as max
      from (
        select region, window_start, window_end, is_final, count, sum, min, max from %1$s
        union all
        select event ->> 'region', %2$s, %2$s + interval '5 minutes', true, 1, value, value, value
        from (
          select distinct on (event ->> 'event_id') *, (event ->> 'value')::numeric as value
          from late order by event ->> 'event_id') once
        %3$s) parts
      group by region, window_start)
      """;

  @Override
  public String name() {
    return TrafficPipeline.NAME;
  }

  @Override
  public Events events() {
    return Events.TRAFFIC;
  }

  @Override
  public void write(long events, long seed, OutputStream out) throws IOException {
    int users = (int) Math.max(MIN_USERS, events / EVENTS_PER_USER);
    int perSecond = (int) Math.max(1, events / PER_SECOND);
    new TrafficEvents(events, users, perSecond, START, seed).write(out, written -> {});
  }

  @Override
  public Faults faults(long seed, double conflicting) {
    return new Faults(
        0.05, Duration.ofSeconds(20), 0.02, Duration.ofMinutes(20), 0.01, conflicting, seed);
  }

  @Override
  public org.joda.time.Duration outOfOrderness() {
    return TrafficPipeline.OUT_OF_ORDERNESS;
  }

  @Override
  public List<LatePolicy> latePolicies() {
    return List.of(LatePolicy.SIDE_TABLE);
  }

  @Override
  public List<String> places() {
    return List.of(
        "source", "five_minutes", "sliding", "sessions", "late", "dead_letters", "ledger");
  }

  @Override
  public void build(
      Pipeline pipeline, PTransform<PBegin, PCollection<Batch<RawRecord>>> source, Wiring wiring) {
    FaultInjector faults = wiring.faults();
    TrafficSinks tables =
        TrafficSinks.postgres(wiring.database(), wiring.run(), wiring.version(), TablePlace.LIVE);
    TrafficPipeline.build(
        pipeline,
        Through.source(faults, source),
        new TrafficSinks(
            Through.sink(faults, "five_minutes", tables.fiveMinutes()),
            Through.sink(faults, "sliding", tables.sliding()),
            Through.sink(faults, "sessions", tables.sessions()),
            Through.sink(faults, "late", tables.late()),
            Through.sink(faults, "dead_letters", tables.deadLetters()),
            Through.sink(faults, "ledger", tables.ledger()),
            null),
        new TrafficPipeline.Wish(
            EVENT_TIME,
            EnumSet.allOf(Output.class),
            wiring.rule(TrafficPipeline.ADMISSION),
            wiring.isLive() ? EARLY : null,
            Scope.ALL));
  }

  @Override
  public List<Question> tables() {
    return List.of(
        windows("gold.events_5m"),
        windows("gold.events_sliding"),
        Question.ofBoth("gold.sessions", SESSIONS.formatted("true")));
  }

  private static Question windows(String table) {
    return Question.ofBoth(
        table, WINDOWS.formatted("window_end, is_final,", "row(sum, min, max, avg)::text", table));
  }

  @Override
  public List<Question> tablesAndLate() {
    return List.of(
        withLate("gold.events_5m", "date_bin('5 minutes', event_time, 'epoch')", ""),
        withLate(
            "gold.events_sliding",
            "date_bin('1 minute', event_time, 'epoch') - before * interval '1 minute'",
            "cross join generate_series(0, 4) as before"),
        new Question(
            "gold.sessions without late",
            SESSIONS.formatted(NO_LATE.formatted(0)),
            SESSIONS.formatted(NO_LATE.formatted(TrafficPipeline.SESSION_GAP.getMillis()))));
  }

  private static Question withLate(String table, String windowStart, String of) {
    String values = "row(trim_scale(sum), trim_scale(min), trim_scale(max))::text";
    return new Question(
        table + ", and late",
        WINDOWS.formatted("window_end, is_final,", values, table),
        WINDOWS.formatted(
            "window_end, is_final,", values, WITH_LATE.formatted(table, windowStart, of)));
  }
}
