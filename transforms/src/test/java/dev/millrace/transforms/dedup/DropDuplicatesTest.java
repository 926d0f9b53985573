package dev.millrace.transforms.dedup;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.FlatMapElements;
import org.apache.beam.sdk.transforms.Reify;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.Rule;
import org.junit.Test;

/** Elements are an id and something else: of "e1 a" and "e1 b" only one passes. */
public class DropDuplicatesTest implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Duration REMEMBERED = Duration.standardMinutes(15);
  private static final Duration MILLI = Duration.millis(1);
  private static final SerializableFunction<String, String> ID =
      element -> element.substring(0, element.indexOf(' '));

  /** More than there are shards, so that each shard has several. */
  private static final int MANY_IDS = 640;

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void boundedRunKeepsOneElementOfEachId() {
    List<TimestampedValue<String>> elements = new ArrayList<>();
    for (int id = 0; id < 1_000; id++) {
      for (String copy : List.of("a", "b", "c")) {
        elements.add(at(id % 3_600, "e" + id + " " + copy));
      }
    }
    Collections.shuffle(elements, new Random(20260526));

    PCollection<String> passed =
        pipeline.apply(Create.timestamped(elements).withCoder(StringUtf8Coder.of())).apply(drop());

    PAssert.that(passed)
        .satisfies(
            all -> {
              List<String> ids = ids(all);
              assertThat(ids.size(), is(1_000));
              assertThat(new TreeSet<>(ids).size(), is(1_000));
              return null;
            });
    PipelineResult result = pipeline.run();
    assertThat(duplicates(result), is(2_000L));
  }

  @Test
  public void bundleLargerThanItsBufferKeepsOneElementOfEachId() {
    // What one element becomes is one bundle; every id stands in it before and after a flush.
    PCollection<String> passed =
        pipeline
            .apply(Create.of("one"))
            .apply(
                FlatMapElements.into(TypeDescriptors.strings())
                    .via(
                        element -> {
                          List<String> all = new ArrayList<>();
                          for (int i = 0; i < 12_000; i++) {
                            all.add("e" + i % 4_000 + " " + i);
                          }
                          return all;
                        }))
            .apply(drop());

    PAssert.that(passed)
        .satisfies(
            all -> {
              List<String> ids = ids(all);
              assertThat(ids.size(), is(4_000));
              assertThat(new TreeSet<>(ids).size(), is(4_000));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void firstToArrivePassesWithItsOwnTime() {
    TestStream<String> stream =
        TestStream.create(StringUtf8Coder.of())
            .addElements(at(60, "e1 first"))
            .addElements(at(0, "e1 older"), at(90, "e2 first"))
            .addElements(at(120, "e1 newer"), at(90, "e2 again"))
            .advanceWatermarkToInfinity();

    PAssert.that(pipeline.apply(stream).apply(drop()).apply(Reify.timestamps()))
        .containsInAnyOrder(List.of(at(60, "e1 first"), at(90, "e2 first")));
    PipelineResult result = pipeline.run();
    assertThat(duplicates(result), is(3L));
  }

  @Test
  public void duplicatesOfOneBundleAreDropped() {
    TestStream<String> stream =
        TestStream.create(StringUtf8Coder.of())
            .addElements(at(0, "e1 a"), at(0, "e1 a"), at(0, "e2 a"), at(0, "e1 a"))
            .advanceWatermarkToInfinity();

    passes(stream, "e1 a", "e2 a");
  }

  @Test
  public void duplicateIsDroppedWhileItsIdIsRemembered() {
    TestStream<String> stream =
        TestStream.create(StringUtf8Coder.of())
            .addElements(at(0, "e1 a"))
            .advanceWatermarkTo(EIGHT.plus(Duration.standardMinutes(5)))
            .addElements(at(0, "e1 late"), at(301, "e1 later"))
            .advanceWatermarkTo(EIGHT.plus(REMEMBERED).minus(MILLI))
            .addElements(at(0, "e1 at the last moment"))
            .advanceWatermarkToInfinity();

    passes(stream, "e1 a");
  }

  /** What the transform documents: an id is not known for ever. */
  @Test
  public void duplicateThatComesAfterItsIdIsForgottenPasses() {
    TestStream<String> stream =
        TestStream.create(StringUtf8Coder.of())
            .addElements(at(0, "e1 a"))
            .advanceWatermarkTo(EIGHT.plus(REMEMBERED).plus(MILLI))
            .addElements(at(900, "e1 again"))
            .advanceWatermarkTo(EIGHT.plus(REMEMBERED).plus(Duration.standardMinutes(1)))
            .addElements(at(960, "e1 once more")) // Remembered anew.
            .advanceWatermarkToInfinity();

    passes(stream, "e1 a", "e1 again");
  }

  @Test
  public void forgettingKeepsIdsThatAreYounger() {
    TestStream.Builder<String> stream = TestStream.create(StringUtf8Coder.of());
    stream = add(stream, many("old", 0, "a"));
    stream = add(stream, many("young", 600, "a"));
    stream = stream.advanceWatermarkTo(EIGHT.plus(Duration.standardMinutes(16)));
    stream = add(stream, many("young", 960, "b"));
    stream = add(stream, many("old", 960, "b")); // Forgotten, and remembered anew.
    stream = stream.advanceWatermarkTo(EIGHT.plus(Duration.standardMinutes(25)).plus(MILLI));
    stream = add(stream, many("young", 1_500, "c")); // Forgotten by now as well.
    stream = add(stream, many("old", 1_500, "c"));
    PCollection<String> passed = pipeline.apply(stream.advanceWatermarkToInfinity()).apply(drop());

    List<String> expected = new ArrayList<>();
    many("old", 0, "a").forEach(each -> expected.add(each.getValue()));
    many("young", 600, "a").forEach(each -> expected.add(each.getValue()));
    many("old", 960, "b").forEach(each -> expected.add(each.getValue()));
    many("young", 1_500, "c").forEach(each -> expected.add(each.getValue()));
    PAssert.that(passed).containsInAnyOrder(expected);
    PipelineResult result = pipeline.run();
    assertThat(duplicates(result), is(2L * MANY_IDS));
  }

  @Test
  public void lateElementPassesAndIsRememberedToo() {
    TestStream<String> stream =
        TestStream.create(StringUtf8Coder.of())
            .addElements(at(600, "e1 a"))
            .advanceWatermarkTo(EIGHT.plus(Duration.standardMinutes(10)))
            .addElements(at(0, "e2 late"))
            .addElements(at(0, "e2 late again"))
            .advanceWatermarkToInfinity();

    passes(stream, "e1 a", "e2 late");
  }

  /** Windows decide what is too late, not this. */
  @Test
  public void elementLaterThanIdsAreRememberedPasses() {
    TestStream<String> stream =
        TestStream.create(StringUtf8Coder.of())
            .advanceWatermarkTo(EIGHT.plus(Duration.standardDays(1)))
            .addElements(at(0, "e1 a"))
            .advanceWatermarkToInfinity();

    passes(stream, "e1 a");
  }

  private void passes(TestStream<String> stream, String... expected) {
    PAssert.that(pipeline.apply(stream).apply(drop())).containsInAnyOrder(expected);
    pipeline.run();
  }

  private static DropDuplicates<String> drop() {
    return DropDuplicates.by("test", ID, REMEMBERED);
  }

  private static List<TimestampedValue<String>> many(String prefix, long seconds, String rest) {
    List<TimestampedValue<String>> many = new ArrayList<>();
    for (int i = 0; i < MANY_IDS; i++) {
      many.add(at(seconds, prefix + i + " " + rest));
    }
    return many;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // An array of generics, of the stream's making.
  private static TestStream.Builder<String> add(
      TestStream.Builder<String> stream, List<TimestampedValue<String>> elements) {
    return stream.addElements(
        elements.get(0), elements.subList(1, elements.size()).toArray(new TimestampedValue[0]));
  }

  private static TimestampedValue<String> at(long seconds, String element) {
    return TimestampedValue.of(element, EIGHT.plus(Duration.standardSeconds(seconds)));
  }

  private static List<String> ids(Iterable<String> elements) {
    List<String> ids = new ArrayList<>();
    elements.forEach(each -> ids.add(ID.apply(each)));
    return ids;
  }

  private static long duplicates(PipelineResult result) {
    MetricsFilter filter =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.named("test", "duplicates")).build();
    return result.metrics().queryMetrics(filter).getCounters().iterator().next().getAttempted();
  }
}
