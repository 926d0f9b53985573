package dev.millrace.pipelines.traffic;

import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.EARLY;
import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.LATE;
import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.ON_TIME;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.deadletter.LateRecord;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.EventCounts;
import dev.millrace.transforms.window.Scope;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.WindowResult;
import java.io.Serializable;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.junit.Rule;
import org.junit.Test;

public class TrafficPipelineTest implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final EventTime EVENT_TIME = EventTime.ofField("event_time");
  private static final Instant LOADED = Instant.parse("2026-05-26T08:10:00Z");

  /** The example of the requirements; e003 comes twice, with another time. */
  private static final List<TimestampedValue<RawRecord>> EXAMPLE =
      List.of(
          event("e001", "US", "08:00:01"),
          event("e002", "EU", "08:00:03"),
          event("e003", "US", "08:04:59"),
          event("e004", "US", "08:05:02"),
          event("e003", "US", "08:00:00"));

  @SuppressWarnings({"unchecked", "rawtypes"}) // An array of generics, of the stream's making.
  private static final TimestampedValue<RawRecord>[] NO_RECORDS = new TimestampedValue[0];

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  private final transient Captured<WindowResult<ValueStats>> fiveMinutes = new Captured<>();
  private final transient Captured<WindowResult<ValueStats>> sliding = new Captured<>();
  private final transient Captured<WindowResult<SessionStats>> sessions = new Captured<>();
  private final transient Kept<LateRecord> late = new Kept<>();
  private final transient Kept<DeadLetter> deadLetters = new Kept<>();
  private final transient Kept<LedgerEntry> ledger = new Kept<>();

  /** The names are the identity of the state in checkpoints: a changed name loses it. */
  @Test
  public void namesOfTheTransformsAreStable() {
    assertThat(
        String.join("\n", steps(EnumSet.allOf(Output.class))),
        is(
            """
            ReadRecords/ReadTopic/Impulse
            ReadRecords/ReadTopic/ParDo(OutputSingleSource)/ParMultiDo(OutputSingleSource)
            ReadRecords/ReadTopic/ParDo(UnboundedSourceAsSDFWrapper)/ParMultiDo(UnboundedSourceAsSDFWrapper)
            ReadRecords/ReadTopic/ParDo(StripIds)/ParMultiDo(StripIds)
            DecodeEvents/Decode
            AdmitOnce/ToShards/Gather/ParMultiDo(Gather)
            AdmitOnce/Judge
            WriteLate/ToOne/ParMultiDo(ToOne)
            WriteLate/Write/ParMultiDo(WriteStable)
            FiveMinutes/PerBundle/ParMultiDo(PerBundle)
            FiveMinutes/Window/Window.Assign
            FiveMinutes/Fire/ParMultiDo(FireWindows)
            FiveMinutes/GlobalWindow/Window.Assign
            WriteFiveMinutes/Write
            Count.written:events_5m/CountFinal/ParMultiDo(CountFinal)
            Sliding/PerBundle/ParMultiDo(PerBundle)
            Sliding/Window/Window.Assign
            Sliding/Fire/ParMultiDo(FireWindows)
            Sliding/GlobalWindow/Window.Assign
            WriteSliding/Write
            Count.written:events_sliding/CountFinal/ParMultiDo(CountFinal)
            WithoutUser/Where/ParMultiDo(Where)
            Nobodys/Values/ParMultiDo(Values)
            Count.filtered:sessions/ParMultiDo(Count)
            WithUser/Where/ParMultiDo(Where)
            Sessions/PerBundle/ParMultiDo(PerBundle)
            Sessions/Fire/ParMultiDo(FireSessions)
            WriteSessions/Write
            Count.written:sessions/CountFinal/ParMultiDo(CountFinal)
            AllDeadLetters
            Count.dead_letter/ParMultiDo(Count)
            WriteDeadLetters/ToOne/ParMultiDo(ToOne)
            WriteDeadLetters/Write/ParMultiDo(WriteStable)
            Tallies
            Total/ToOne/ParMultiDo(ToOne)
            Total/Add/ParMultiDo(Add)
            WriteLedger/ToOne/ParMultiDo(ToOne)
            WriteLedger/Write/ParMultiDo(WriteStable)"""));
  }

  @Test
  public void outputsThatAreNotWantedAreNotComputed() {
    assertThat(
        steps(EnumSet.of(Output.SESSIONS)).stream()
            .filter(name -> name.contains("FiveMinutes") || name.contains("Sliding"))
            .toList(),
        is(empty()));
    assertThat(
        steps(EnumSet.of(Output.FIVE_MINUTES)).stream()
            .filter(name -> name.contains("Sessions") || name.contains("Sliding"))
            .toList(),
        is(empty()));
  }

  @Test
  public void eventsAreCountedByRegionInFiveMinutesAndAnIdOnce() {
    build(EnumSet.of(Output.FIVE_MINUTES), bounded(EXAMPLE));

    assertRows(
        fiveMinutes,
        row("US", "08:00", "08:05", count(2)),
        row("EU", "08:00", "08:05", count(1)),
        row("US", "08:05", "08:10", count(1)));
    assertLetters("traffic admit conflicting_id");
    pipeline.run();
  }

  @Test
  public void ledgerAccountsForEveryRecordInAllTablesAndClosesItsWindows() {
    List<TimestampedValue<RawRecord>> records = new ArrayList<>(EXAMPLE);
    records.add(event("e002", "EU", "08:00:03"));
    records.add(event("e005", "EU", "08:04:50", ", \"user_id\": \"u1\""));
    records.add(event("e006", "EU", "08:05:10", ", \"user_id\": \"u1\""));
    records.add(TimestampedValue.of(record("junk"), joda("08:07:00")));

    build(
        EnumSet.allOf(Output.class),
        TestStream.create(RawRecordCoder.of())
            .addElements(records.get(0), records.subList(1, records.size()).toArray(NO_RECORDS))
            .advanceWatermarkTo(joda("09:00:00"))
            .addElements(event("e009", "US", "08:00:00"))
            .advanceWatermarkToInfinity());

    assertLedger(
        "08:00 read 7",
        "08:00 admitted 4",
        "08:00 written 4",
        "08:00 duplicate 1",
        "08:00 dead_letter 1",
        "08:00 late 1",
        "08:00 closed 1",
        "08:05 read 3",
        "08:05 admitted 2",
        "08:05 written 2",
        "08:05 dead_letter 1",
        "08:05 closed 1");
    pipeline.run();
  }

  @Test
  public void eventsOfNobodyAreFilteredIfOnlySessionsAreWanted() {
    build(
        EnumSet.of(Output.SESSIONS),
        bounded(
            List.of(
                event("e001", "US", "08:00:00", ", \"user_id\": \"u1\""),
                event("e002", "US", "08:00:10"))));

    assertLedger(
        "08:00 read 2",
        "08:00 admitted 2",
        "08:00 written 1",
        "08:00 filtered 1",
        "08:00 closed 1");
    pipeline.run();
  }

  @Test
  public void lateEventCorrectsItsWindowAndALateDuplicateDoesNot() {
    build(
        EnumSet.of(Output.FIVE_MINUTES),
        TestStream.create(RawRecordCoder.of())
            .addElements(event("e001", "US", "08:00:01"))
            .advanceWatermarkTo(joda("08:05:00"))
            .addElements(event("e002", "US", "08:04:00"), event("e001", "US", "08:00:01"))
            .advanceWatermarkTo(joda("08:14:59"))
            .addElements(event("e002", "US", "08:04:00"))
            .advanceWatermarkToInfinity());

    PAssert.that(panes(fiveMinutes))
        .containsInAnyOrder(
            List.of(
                result("US", "08:00", "08:05", count(1), 0, ON_TIME, false),
                result("US", "08:00", "08:05", count(2), 1, LATE, false),
                result("US", "08:00", "08:05", count(2), 2, LATE, true)));
    pipeline.run();
  }

  @Test
  public void windowThatIsNotOverShowsAPreliminaryResultIfThatIsWished() {
    TrafficPipeline.build(
        pipeline,
        eachAlone(
            TestStream.create(RawRecordCoder.of())
                .addElements(event("e001", "US", "08:00:01"))
                .advanceProcessingTime(Duration.standardSeconds(11))
                .addElements(event("e002", "US", "08:04:00"))
                .advanceWatermarkToInfinity()),
        captured(),
        wish(EnumSet.of(Output.FIVE_MINUTES), Duration.standardSeconds(10)));

    PAssert.that(panes(fiveMinutes))
        .containsInAnyOrder(
            List.of(
                result("US", "08:00", "08:05", count(1), 0, EARLY, false),
                result("US", "08:00", "08:05", count(2), 1, ON_TIME, true)));
    pipeline.run();
  }

  @Test
  public void eachEventIsInFiveSlidingWindows() {
    build(EnumSet.of(Output.SLIDING), bounded(List.of(event("e001", "US", "08:00:00"))));

    assertRows(
        sliding,
        row("US", "07:56", "08:01", count(1)),
        row("US", "07:57", "08:02", count(1)),
        row("US", "07:58", "08:03", count(1)),
        row("US", "07:59", "08:04", count(1)),
        row("US", "08:00", "08:05", count(1)));
    pipeline.run();
  }

  @Test
  public void valuesAreSummedExactlyAndEventsWithoutOneCountToo() {
    build(
        EnumSet.of(Output.FIVE_MINUTES),
        bounded(
            List.of(
                event("e001", "US", "08:00:01", ", \"value\": 0.1"),
                event("e002", "US", "08:00:02", ", \"value\": 0.20"),
                event("e003", "US", "08:00:03", ", \"value\": null"),
                event("e004", "US", "08:00:04", ", \"value\": -1e1"))));

    assertRows(
        fiveMinutes,
        row(
            "US",
            "08:00",
            "08:05",
            new ValueStats(
                4, 3, new BigDecimal("-9.70"), new BigDecimal("-10.00"), new BigDecimal("0.20"))));
    pipeline.run();
  }

  @Test
  public void usersHaveSessionsAndNobodyHasNone() {
    build(
        EnumSet.of(Output.SESSIONS),
        bounded(
            List.of(
                event("e001", "US", "08:00:00", ", \"user_id\": \"u1\", \"page\": \"/item\""),
                event("e002", "EU", "08:00:29", ", \"user_id\": \"u1\", \"page\": \"/cart\""),
                event("e003", "US", "08:00:59", ", \"user_id\": \"u1\""),
                event("e004", "US", "08:00:10"),
                event("e005", "US", "08:00:20", ", \"user_id\": null"))));

    assertRows(
        sessions,
        row("u1", "08:00:00", "08:00:59", new SessionStats(2, List.of("/cart", "/item"))),
        row("u1", "08:00:59", "08:01:29", new SessionStats(1, List.of())));
    pipeline.run();
  }

  @Test
  public void whatIsNoEventBecomesADeadLetterAndTheRestGoesOn() {
    TimestampedValue<RawRecord> junk = TimestampedValue.of(record("junk"), joda("08:00:00"));
    TimestampedValue<RawRecord> ahead = event("e002", "US", "09:10:01");
    build(
        EnumSet.of(Output.FIVE_MINUTES),
        bounded(List.of(event("e001", "US", "08:00:01"), junk, ahead)));

    assertRows(fiveMinutes, row("US", "08:00", "08:05", count(1)));
    assertLetters("traffic decode malformed_json", "traffic decode in_the_future");
    pipeline.run();
  }

  @Test
  public void resultsOfFiveMinutesArePublishedIfAnybodyIsToBeTold() {
    Messages messages = new Messages();
    TrafficPipeline.build(
        pipeline,
        eachAlone(
            bounded(
                List.of(
                    event("e001", "US", "08:00:01", ", \"value\": 1"),
                    event("e002", "EU", "08:00:02")))),
        captured().withMessages(messages),
        wish(EnumSet.of(Output.FIVE_MINUTES), null));

    PAssert.that(messages.texts)
        .containsInAnyOrder(
            """
            US|2026-05-26T08:00:00Z {"region":"US","window_start":"2026-05-26T08:00:00Z",\
            "window_end":"2026-05-26T08:05:00Z","count":1,"sum":1.00,"min":1.00,"max":1.00,\
            "avg":1.000000,"pane":0,"timing":"ON_TIME","is_final":true}""",
            """
            EU|2026-05-26T08:00:00Z {"region":"EU","window_start":"2026-05-26T08:00:00Z",\
            "window_end":"2026-05-26T08:05:00Z","count":1,"sum":null,"min":null,"max":null,\
            "avg":null,"pane":0,"timing":"ON_TIME","is_final":true}""");
    pipeline.run();
  }

  private void build(Set<Output> outputs, PTransform<PBegin, PCollection<RawRecord>> source) {
    TrafficPipeline.build(pipeline, eachAlone(source), captured(), wish(outputs, null));
  }

  private static PTransform<PBegin, PCollection<Batch<RawRecord>>> eachAlone(
      PTransform<PBegin, PCollection<RawRecord>> source) {
    return new PTransform<>() {
      private static final long serialVersionUID = 1L;

      @Override
      public PCollection<Batch<RawRecord>> expand(PBegin begin) {
        return begin.apply(source).apply(Batches.ofOne());
      }
    };
  }

  private static TrafficPipeline.Wish wish(Set<Output> outputs, @Nullable Duration earlyFiring) {
    return new TrafficPipeline.Wish(
        EVENT_TIME, outputs, TrafficPipeline.ADMISSION, earlyFiring, Scope.ALL);
  }

  private TrafficSinks captured() {
    return new TrafficSinks(fiveMinutes, sliding, sessions, late, deadLetters, ledger, null);
  }

  private static PTransform<PBegin, PCollection<RawRecord>> bounded(
      List<TimestampedValue<RawRecord>> records) {
    return Create.timestamped(records).withCoder(RawRecordCoder.of());
  }

  private static List<String> steps(Set<Output> outputs) {
    Pipeline pipeline = Pipeline.create();
    TrafficPipeline.build(
        pipeline,
        KafkaRecords.live(
            new KafkaTopic("localhost:9092", "events", "group", Map.of()), EVENT_TIME),
        TrafficSinks.postgres(
            new Database("jdbc:postgresql://localhost/x", "me", ""), 1, "0", TablePlace.LIVE),
        wish(outputs, null));
    List<String> names = new ArrayList<>();
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public void visitPrimitiveTransform(TransformHierarchy.Node node) {
            names.add(node.getFullName());
          }
        });
    return names;
  }

  private static TimestampedValue<RawRecord> event(String id, String region, String time) {
    return event(id, region, time, "");
  }

  private static TimestampedValue<RawRecord> event(
      String id, String region, String time, String more) {
    return TimestampedValue.of(
        record(
            "{\"event_id\": \"%s\", \"region\": \"%s\", \"event_time\": \"%s\"%s}"
                .formatted(id, region, instant(time), more)),
        joda(time));
  }

  private static RawRecord record(String json) {
    return new RawRecord(
        null,
        json.getBytes(StandardCharsets.UTF_8),
        List.of(),
        new Origin("kafka", "events", 0, 0),
        LOADED);
  }

  private static ValueStats count(long events) {
    return new ValueStats(events, 0, null, null, null);
  }

  private void assertLetters(String... expected) {
    PAssert.that(deadLetters.all())
        .satisfies(
            all -> {
              List<String> found = new ArrayList<>();
              for (DeadLetter each : all) {
                found.add(each.pipeline() + " " + each.stage() + " " + each.errorClass());
              }
              assertThat(found, containsInAnyOrder(expected));
              return null;
            });
  }

  /** The greatest of each stage and window, but for what was counted by table. */
  private void assertLedger(String... expected) {
    PAssert.that(ledger.all())
        .satisfies(
            all -> {
              Map<String, Long> totals = new TreeMap<>();
              for (LedgerEntry each : all) {
                if (!each.stage().contains(":")) {
                  Instant start = Instant.ofEpochMilli(each.windowStart());
                  totals.merge(
                      start.toString().substring(11, 16) + " " + each.stage(),
                      each.count(),
                      Math::max);
                }
              }
              totals.values().removeIf(count -> count == 0);
              List<String> found = new ArrayList<>();
              totals.forEach((stage, count) -> found.add(stage + " " + count));
              assertThat(found, containsInAnyOrder(expected));
              return null;
            });
  }

  /** What the table keeps of a window: its last pane, which must be final. */
  private static <A> String row(String key, String start, String end, A aggregate) {
    return row(result(key, start, end, aggregate, 0, ON_TIME, true));
  }

  private static String row(WindowResult<?> result) {
    return "%s %s %s %s %s"
        .formatted(
            result.key(),
            result.start(),
            result.end(),
            result.aggregate(),
            result.isFinal() ? "final" : "preliminary");
  }

  /** Of a bounded run: how many panes a window has is the runner's affair there. */
  private static <A> void assertRows(Captured<WindowResult<A>> results, String... expected) {
    PAssert.that(results.all())
        .satisfies(
            all -> {
              Map<String, WindowResult<A>> last = new HashMap<>();
              for (WindowResult<A> each : all) {
                last.merge(each.key() + each.start(), each, (a, b) -> a.pane() > b.pane() ? a : b);
              }
              assertThat(
                  last.values().stream().map(TrafficPipelineTest::row).toList(),
                  containsInAnyOrder(expected));
              return null;
            });
  }

  private static <A> WindowResult<A> result(
      String key,
      String start,
      String end,
      A aggregate,
      long pane,
      PaneInfo.Timing timing,
      boolean isFinal) {
    return new WindowResult<>(
        key, instant(start), instant(end), aggregate, pane, timing, isFinal, EventCounts.NONE);
  }

  /** Without what the ledger counts. */
  private static PCollection<WindowResult<ValueStats>> panes(
      Captured<WindowResult<ValueStats>> captured) {
    PCollection<WindowResult<ValueStats>> all = captured.all();
    return all.apply(
            "Panes",
            MapElements.into(all.getTypeDescriptor())
                .via(
                    each ->
                        new WindowResult<>(
                            each.key(),
                            each.start(),
                            each.end(),
                            each.aggregate(),
                            each.pane(),
                            each.timing(),
                            each.isFinal(),
                            EventCounts.NONE)))
        .setCoder(all.getCoder());
  }

  /** A time of 2026-05-26, UTC: {@code 08:00} or {@code 08:00:01}. */
  private static Instant instant(String time) {
    return Instant.parse("2026-05-26T" + time + (time.length() == 5 ? ":00Z" : "Z"));
  }

  private static org.joda.time.Instant joda(String time) {
    return org.joda.time.Instant.ofEpochMilli(instant(time).toEpochMilli());
  }

  /** A sink that keeps what it is given, for assertions, and refuses nothing. */
  private static final class Captured<T>
      extends PTransform<PCollection<T>, WithFailures.Result<PCollection<T>, DeadLetter>> {
    private static final long serialVersionUID = 1L;

    private transient @Nullable PCollection<T> input;

    @Override
    public WithFailures.Result<PCollection<T>, DeadLetter> expand(PCollection<T> elements) {
      input = elements;
      return WithFailures.Result.of(
          elements, elements.getPipeline().apply(getName(), Create.empty(DeadLetterCoder.of())));
    }

    PCollection<T> all() {
      if (input == null) {
        throw new IllegalStateException("the pipeline doesn't write here");
      }
      return input;
    }
  }

  /** A sink at the end of the line that keeps what it is given. */
  private static final class Kept<T> extends PTransform<PCollection<T>, PDone> {
    private static final long serialVersionUID = 1L;

    private transient @Nullable PCollection<T> input;

    @Override
    public PDone expand(PCollection<T> elements) {
      // DirectRunner waits for ever for a transform that has none inside.
      input = elements.apply("Keep", Filter.by(element -> true)).setCoder(elements.getCoder());
      return PDone.in(elements.getPipeline());
    }

    PCollection<T> all() {
      if (input == null) {
        throw new IllegalStateException("the pipeline doesn't write here");
      }
      return input;
    }
  }

  /** A sink of messages that keeps their texts. */
  private static final class Messages extends PTransform<PCollection<KV<byte[], byte[]>>, PDone> {
    private static final long serialVersionUID = 1L;

    private transient @Nullable PCollection<String> texts;

    @Override
    public PDone expand(PCollection<KV<byte[], byte[]>> messages) {
      texts =
          messages.apply(
              "ToText",
              MapElements.into(TypeDescriptors.strings())
                  .via(
                      message ->
                          new String(message.getKey(), StandardCharsets.UTF_8)
                              + " "
                              + new String(message.getValue(), StandardCharsets.UTF_8)));
      return PDone.in(messages.getPipeline());
    }
  }
}
