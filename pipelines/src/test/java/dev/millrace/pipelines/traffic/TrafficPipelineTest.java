package dev.millrace.pipelines.traffic;

import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.EARLY;
import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.LATE;
import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.ON_TIME;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
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
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
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
  private static final Duration LATENESS = Duration.standardMinutes(10);
  private static final TrafficPipeline.Firing FIRING = new TrafficPipeline.Firing(LATENESS, null);

  /** The example of the requirements; e003 comes twice, with another time. */
  private static final List<TimestampedValue<RawRecord>> EXAMPLE =
      List.of(
          event("e001", "US", "08:00:01"),
          event("e002", "EU", "08:00:03"),
          event("e003", "US", "08:04:59"),
          event("e004", "US", "08:05:02"),
          event("e003", "US", "08:00:00"));

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  private final transient Captured<WindowResult<ValueStats>> fiveMinutes = new Captured<>();
  private final transient Captured<WindowResult<ValueStats>> sliding = new Captured<>();
  private final transient Captured<WindowResult<SessionStats>> sessions = new Captured<>();
  private final transient Captured<DeadLetter> deadLetters = new Captured<>();

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
            ReadRecords/Unpack/ParMultiDo(Unpack)
            DecodeEvents/Decode
            DropDuplicates/ToShards/ParMultiDo(ToShards)
            DropDuplicates/DropSeen/ParMultiDo(DropSeen)
            FiveMinutes/PerBundle/ParMultiDo(PerBundle)
            FiveMinutes/Window/Window.Assign
            FiveMinutes/Merge/GroupByKey
            FiveMinutes/Merge/Combine.GroupedValues/ParDo(Anonymous)/ParMultiDo(Anonymous)
            FiveMinutes/Results/ParMultiDo(Result)
            WriteFiveMinutes/GlobalWindow/Window.Assign
            WriteFiveMinutes/Write
            Sliding/PerBundle/ParMultiDo(PerBundle)
            Sliding/Window/Window.Assign
            Sliding/Merge/GroupByKey
            Sliding/Merge/Combine.GroupedValues/ParDo(Anonymous)/ParMultiDo(Anonymous)
            Sliding/Results/ParMultiDo(Result)
            WriteSliding/GlobalWindow/Window.Assign
            WriteSliding/Write
            WithUser/ParDo(Anonymous)/ParMultiDo(Anonymous)
            Sessions/PerBundle/ParMultiDo(PerBundle)
            Sessions/Window/Window.Assign
            Sessions/Merge/GroupByKey
            Sessions/Merge/Combine.GroupedValues/ParDo(Anonymous)/ParMultiDo(Anonymous)
            Sessions/Results/ParMultiDo(Result)
            WriteSessions/GlobalWindow/Window.Assign
            WriteSessions/Write
            WriteDeadLetters/Write"""));
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
  public void eventsAreCountedByRegionInFiveMinutesAndADuplicateOnce() {
    build(EnumSet.of(Output.FIVE_MINUTES), bounded(EXAMPLE));

    assertRows(
        fiveMinutes,
        row("US", "08:00", "08:05", count(2)),
        row("EU", "08:00", "08:05", count(1)),
        row("US", "08:05", "08:10", count(1)));
    PAssert.that(deadLetters.all()).empty();
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

    PAssert.that(fiveMinutes.all())
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
        TestStream.create(RawRecordCoder.of())
            .addElements(event("e001", "US", "08:00:01"))
            .advanceProcessingTime(Duration.standardSeconds(11))
            .addElements(event("e002", "US", "08:04:00"))
            .advanceWatermarkToInfinity(),
        EVENT_TIME,
        captured(),
        EnumSet.of(Output.FIVE_MINUTES),
        new TrafficPipeline.Firing(LATENESS, Duration.standardSeconds(10)));

    PAssert.that(fiveMinutes.all())
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
    PAssert.that(deadLetters.all())
        .satisfies(
            all -> {
              List<String> found = new ArrayList<>();
              for (DeadLetter each : all) {
                found.add(each.pipeline() + " " + each.stage() + " " + each.errorClass());
              }
              assertThat(
                  found,
                  containsInAnyOrder(
                      "traffic decode malformed_json", "traffic decode in_the_future"));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void resultsOfFiveMinutesArePublishedIfAnybodyIsToBeTold() {
    Messages messages = new Messages();
    TrafficPipeline.build(
        pipeline,
        bounded(
            List.of(
                event("e001", "US", "08:00:01", ", \"value\": 1"),
                event("e002", "EU", "08:00:02"))),
        EVENT_TIME,
        captured().withMessages(messages),
        EnumSet.of(Output.FIVE_MINUTES),
        FIRING);

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
    TrafficPipeline.build(pipeline, source, EVENT_TIME, captured(), outputs, FIRING);
  }

  private TrafficPipeline.Sinks captured() {
    return new TrafficPipeline.Sinks(fiveMinutes, sliding, sessions, deadLetters, null);
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
        EVENT_TIME,
        TrafficPipeline.Sinks.postgres(
            new Database("jdbc:postgresql://localhost/x", "me", ""), 1, "0"),
        outputs,
        FIRING);
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
    return new WindowResult<>(key, instant(start), instant(end), aggregate, pane, timing, isFinal);
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
