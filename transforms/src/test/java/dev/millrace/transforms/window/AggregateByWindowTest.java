package dev.millrace.transforms.window;

import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.EARLY;
import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.LATE;
import static org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing.ON_TIME;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.FlatMapElements;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.WithTimestamps;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.Rule;
import org.junit.Test;

/**
 * Elements are a key and a letter, {@code US a}; the aggregate of a key is its letters in
 * alphabetical order, so that it says exactly which elements are in it.
 */
public class AggregateByWindowTest implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Duration FIVE_MINUTES = Duration.standardMinutes(5);
  private static final Duration TEN_MINUTES = Duration.standardMinutes(10);
  private static final Duration MINUTE = Duration.standardMinutes(1);
  private static final Duration TEN_SECONDS = Duration.standardSeconds(10);
  private static final Duration HALF_A_MINUTE = Duration.standardSeconds(30);
  private static final Duration MILLI = Duration.millis(1);

  private static final int SHUFFLES = 3;

  /** More than there are shards. */
  private static final int MANY_KEYS = 150;

  private static final WindowPolicy FIXED =
      WindowPolicy.fixed(FIVE_MINUTES).withAllowedLateness(TEN_MINUTES);

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void onTimePaneHasEverythingBeforeTheWatermark() {
    expect(
        FIXED,
        stream()
            .addElements(at("08:00:00", "US a"), at("08:04:59.999", "US b"), at("08:01", "EU x"))
            .advanceWatermarkTo(time("08:04:59.999")) // May still come.
            .addElements(at("08:02", "US c"), at("08:05", "US d"))
            .advanceWatermarkTo(time("08:05"))
            .addElements(at("08:07", "US e"))
            .advanceWatermarkTo(time("08:10")),
        result("US", "08:00", "08:05", "abc", 0, ON_TIME, false),
        result("EU", "08:00", "08:05", "x", 0, ON_TIME, false),
        result("US", "08:05", "08:10", "de", 0, ON_TIME, false),
        result("US", "08:00", "08:05", "abc", 1, LATE, true),
        result("EU", "08:00", "08:05", "x", 1, LATE, true),
        result("US", "08:05", "08:10", "de", 1, LATE, true));
  }

  @Test
  public void earlyPaneIsPreliminary() {
    expect(
        FIXED.withEarlyFiring(TEN_SECONDS),
        stream()
            .addElements(at("08:00", "US a"))
            .advanceProcessingTime(TEN_SECONDS.plus(MILLI))
            .addElements(at("08:01", "US b"))
            .addElements(at("08:02", "US c"))
            .advanceProcessingTime(TEN_SECONDS.plus(MILLI))
            .addElements(at("08:03", "US d"))
            .advanceWatermarkTo(time("08:05")),
        result("US", "08:00", "08:05", "a", 0, EARLY, false),
        result("US", "08:00", "08:05", "abc", 1, EARLY, false),
        result("US", "08:00", "08:05", "abcd", 2, ON_TIME, false),
        result("US", "08:00", "08:05", "abcd", 3, LATE, true));
  }

  @Test
  public void lateEventWithinLatenessCorrectsItsWindow() {
    expect(
        FIXED,
        stream()
            .addElements(at("08:00", "US a"))
            .advanceWatermarkTo(time("08:05"))
            .addElements(at("08:04", "US b"))
            .advanceWatermarkTo(time("08:14:59.999"))
            .addElements(at("08:03", "US c")) // At the last moment.
            .advanceWatermarkTo(time("08:15")),
        result("US", "08:00", "08:05", "a", 0, ON_TIME, false),
        result("US", "08:00", "08:05", "ab", 1, LATE, false),
        result("US", "08:00", "08:05", "abc", 2, LATE, false),
        result("US", "08:00", "08:05", "abc", 3, LATE, true));
  }

  /** Of all the keys that are kept together. */
  @Test
  public void lateEventFiresItsKeyAlone() {
    TestStream.Builder<String> stream = stream();
    List<WindowResult<String>> expected = new ArrayList<>();
    for (int key = 0; key < MANY_KEYS; key++) {
      stream = stream.addElements(at("08:00", "k" + key + " a"));
      expected.add(result("k" + key, "08:00", "08:05", "a", 0, ON_TIME, false));
      expected.add(
          key == 7
              ? result("k" + key, "08:00", "08:05", "ab", 2, LATE, true)
              : result("k" + key, "08:00", "08:05", "a", 1, LATE, true));
    }
    expected.add(result("k7", "08:00", "08:05", "ab", 1, LATE, false));

    PAssert.that(
            aggregated(
                FIXED, stream.advanceWatermarkTo(time("08:05")).addElements(at("08:04", "k7 b"))))
        .containsInAnyOrder(expected);
    pipeline.run();
  }

  /** And those whose preliminary result is whole don't fire again on time. */
  @Test
  public void earlyPaneFiresKeysWithNewEventsAlone() {
    expect(
        FIXED.withEarlyFiring(TEN_SECONDS),
        stream()
            .addElements(at("08:00", "US a"), at("08:00", "EU x"))
            .advanceProcessingTime(TEN_SECONDS.plus(MILLI))
            .addElements(at("08:01", "US b"))
            .advanceWatermarkTo(time("08:05")),
        result("US", "08:00", "08:05", "a", 0, EARLY, false),
        result("EU", "08:00", "08:05", "x", 0, EARLY, false),
        result("US", "08:00", "08:05", "ab", 1, ON_TIME, false),
        result("US", "08:00", "08:05", "ab", 2, LATE, true),
        result("EU", "08:00", "08:05", "x", 1, LATE, true));
  }

  @Test
  public void whatHasComeIsPutTogetherBeforeItIsTooMuch() {
    String longKey = "k".repeat(5_000);
    TestStream.Builder<String> stream = stream();
    for (int bundle = 0; bundle < 60; bundle++) {
      stream = stream.addElements(at("08:01", longKey + " a"), at("08:02", "US b"));
      if (bundle == 30) {
        stream = stream.advanceProcessingTime(TEN_SECONDS.plus(MILLI));
      }
    }

    expect(
        FIXED.withEarlyFiring(TEN_SECONDS),
        stream.advanceWatermarkTo(time("08:05")),
        result(longKey, "08:00", "08:05", "a".repeat(31), 0, EARLY, false),
        result("US", "08:00", "08:05", "b".repeat(31), 0, EARLY, false),
        result(longKey, "08:00", "08:05", "a".repeat(60), 1, ON_TIME, false),
        result("US", "08:00", "08:05", "b".repeat(60), 1, ON_TIME, false),
        result(longKey, "08:00", "08:05", "a".repeat(60), 2, LATE, true),
        result("US", "08:00", "08:05", "b".repeat(60), 2, LATE, true));
  }

  @Test
  public void eventAfterLatenessIsDropped() {
    expect(
        FIXED,
        stream()
            .addElements(at("08:00", "US a"))
            .advanceWatermarkTo(time("08:15"))
            .addElements(at("08:04", "US b"), at("08:04", "EU x"), at("08:05", "US c"))
            .advanceWatermarkTo(time("08:20")),
        result("US", "08:00", "08:05", "a", 0, ON_TIME, true),
        result("US", "08:05", "08:10", "c", 0, LATE, false),
        result("US", "08:05", "08:10", "c", 1, LATE, true));
  }

  @Test
  public void watermarkJumpOverManyWindowsGivesOneFinalResultEachAndNoEmptyOne() {
    Map<String, String> expected = new TreeMap<>();
    TestStream.Builder<String> stream = stream();
    for (int window = 0; window < 50; window += 2) { // Every other window has nothing in it.
      Instant start = time("08:00").plus(FIVE_MINUTES.multipliedBy(window));
      stream = stream.addElements(TimestampedValue.of("US a", start.plus(MINUTE)));
      expected.put(window("US", start, start.plus(FIVE_MINUTES)), "a");
    }
    stream = stream.advanceWatermarkTo(time("08:00").plus(Duration.standardDays(1)));

    assertFinal(aggregated(FIXED, stream), expected);
    pipeline.run();
  }

  @Test
  public void everyWindowEndsWithOneFinalPane() {
    Random random = new Random(20260526);
    TestStream.Builder<String> stream = stream();
    Instant watermark = time("08:00");
    for (int bundle = 0; bundle < 60; bundle++) {
      for (int i = 0; i < 5; i++) {
        // Most are in time, some late, a few too late.
        Instant time = watermark.plus(MINUTE.multipliedBy(4 - random.nextInt(24)));
        stream = stream.addElements(TimestampedValue.of(key(random) + " a", time));
      }
      if (random.nextInt(3) == 0) {
        stream = stream.advanceProcessingTime(TEN_SECONDS.plus(MILLI));
      }
      watermark = watermark.plus(MINUTE.multipliedBy(random.nextInt(4)));
      stream = stream.advanceWatermarkTo(watermark);
    }

    PAssert.that(aggregated(FIXED.withEarlyFiring(TEN_SECONDS), stream))
        .satisfies(
            all -> {
              Map<String, List<WindowResult<String>>> panes = byWindow(all);
              for (List<WindowResult<String>> each : panes.values()) {
                for (int i = 0; i < each.size(); i++) {
                  assertThat(each.toString(), each.get(i).pane(), is((long) i));
                  assertThat(each.toString(), each.get(i).isFinal(), is(i == each.size() - 1));
                }
              }
              assertThat("windows", panes.size(), is(greaterThan(30)));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void slidingEventAtTheEdgeIsInFiveWindows() {
    assertFinal(
        aggregated(
            WindowPolicy.sliding(FIVE_MINUTES, MINUTE).withAllowedLateness(TEN_MINUTES),
            // The first windows of one are not those of the other, though they travel in one
            // bundle.
            stream().addElements(at("08:04", "US b"), at("08:03:59.999", "US a"))),
        Map.of(
            window("US", time("07:59"), time("08:04")), "a",
            window("US", time("08:00"), time("08:05")), "ab",
            window("US", time("08:01"), time("08:06")), "ab",
            window("US", time("08:02"), time("08:07")), "ab",
            window("US", time("08:03"), time("08:08")), "ab",
            window("US", time("08:04"), time("08:09")), "b"));
    pipeline.run();
  }

  @Test
  public void fixedEventAtTheEdgeIsInTheLaterWindow() {
    assertFinal(
        aggregated(FIXED, stream().addElements(at("08:05", "US b"), at("08:04:59.999", "US a"))),
        Map.of(
            window("US", time("08:00"), time("08:05")), "a",
            window("US", time("08:05"), time("08:10")), "b"));
    pipeline.run();
  }

  @Test
  public void sessionsMergeAcrossALateEvent() {
    expect(
        WindowPolicy.sessions(HALF_A_MINUTE).withAllowedLateness(TEN_MINUTES),
        stream()
            .addElements(at("08:00:00", "u1 a"), at("08:00:50", "u1 c"), at("08:00:25", "u2 x"))
            .advanceWatermarkTo(time("08:02"))
            .addElements(at("08:00:25", "u1 b"))
            .advanceWatermarkTo(time("08:30")),
        result("u1", "08:00:00", "08:00:30", "a", 0, ON_TIME, false),
        result("u1", "08:00:50", "08:01:20", "c", 0, ON_TIME, false),
        result("u1", "08:00:00", "08:01:20", "abc", 0, LATE, false),
        result("u1", "08:00:00", "08:01:20", "abc", 1, LATE, true),
        result("u2", "08:00:25", "08:00:55", "x", 0, ON_TIME, false),
        result("u2", "08:00:25", "08:00:55", "x", 1, LATE, true));
  }

  @Test
  public void earlyPaneOfASessionIsPreliminaryAndNumbersBeginAnewWhenItGrows() {
    expect(
        WindowPolicy.sessions(HALF_A_MINUTE)
            .withAllowedLateness(TEN_MINUTES)
            .withEarlyFiring(TEN_SECONDS),
        stream()
            .addElements(at("08:00:00", "u1 a"))
            .advanceProcessingTime(TEN_SECONDS.plus(MILLI))
            .addElements(at("08:00:20", "u1 b"), at("08:00:00", "u2 x"))
            .advanceWatermarkTo(time("08:01")),
        result("u1", "08:00:00", "08:00:30", "a", 0, EARLY, false),
        result("u1", "08:00:00", "08:00:50", "ab", 0, ON_TIME, false),
        result("u1", "08:00:00", "08:00:50", "ab", 1, LATE, true),
        result("u2", "08:00:00", "08:00:30", "x", 0, ON_TIME, false),
        result("u2", "08:00:00", "08:00:30", "x", 1, LATE, true));
  }

  /** That is where the session of a late event would have ended, if nothing else had been there. */
  @Test
  public void eventWhoseOwnSessionIsClosedIsDroppedThoughAnotherIsOpenBesideIt() {
    expect(
        WindowPolicy.sessions(HALF_A_MINUTE).withAllowedLateness(TEN_MINUTES),
        stream()
            .addElements(at("08:00:20", "u1 a"))
            .advanceWatermarkTo(time("08:10:40"))
            .addElements(at("08:00:10", "u1 b"))
            .addElements(at("08:00:11", "u1 c"))
            .advanceWatermarkTo(time("08:11")),
        result("u1", "08:00:20", "08:00:50", "a", 0, ON_TIME, false),
        result("u1", "08:00:11", "08:00:50", "ac", 0, LATE, false),
        result("u1", "08:00:11", "08:00:50", "ac", 1, LATE, true));
  }

  /** What the table tells newer from older panes of a session by. */
  @Test
  public void sessionThatKeepsItsBoundsCountsItsPanesOn() {
    expect(
        WindowPolicy.sessions(HALF_A_MINUTE).withAllowedLateness(TEN_MINUTES),
        stream()
            .addElements(at("08:00:00", "u1 a"), at("08:00:20", "u1 d"))
            .advanceWatermarkTo(time("08:02"))
            .addElements(at("08:00:10", "u1 b"))
            .addElements(at("08:00:15", "u1 c"))
            .advanceWatermarkTo(time("08:30")),
        result("u1", "08:00:00", "08:00:50", "ad", 0, ON_TIME, false),
        result("u1", "08:00:00", "08:00:50", "abd", 1, LATE, false),
        result("u1", "08:00:00", "08:00:50", "abcd", 2, LATE, false),
        result("u1", "08:00:00", "08:00:50", "abcd", 3, LATE, true));
  }

  @Test
  public void sessionEndsWhereTheGapIsReached() {
    expect(
        WindowPolicy.sessions(HALF_A_MINUTE),
        stream()
            .addElements(
                at("08:00:59.999", "u1 c"), at("08:00:30", "u1 b"), at("08:00:00", "u1 a")),
        result("u1", "08:00:00", "08:00:30", "a", 0, ON_TIME, true),
        result("u1", "08:00:30", "08:01:29.999", "bc", 0, ON_TIME, true));
  }

  @Test
  public void allEventsOfAKeyAtOneInstant() {
    TestStream.Builder<String> stream = stream();
    for (int i = 0; i < 20; i++) {
      stream = stream.addElements(at("08:00", "US a"), at("08:00", "US b"), at("08:00", "US c"));
    }
    String all = "a".repeat(20) + "b".repeat(20) + "c".repeat(20);

    PCollection<String> elements = pipeline.apply(stream.advanceWatermarkToInfinity());

    PAssert.that(elements.apply("Fixed", aggregate(FIXED)))
        .containsInAnyOrder(List.of(result("US", "08:00", "08:05", all, 0, ON_TIME, true)));
    PAssert.that(elements.apply("Sessions", aggregate(WindowPolicy.sessions(HALF_A_MINUTE))))
        .containsInAnyOrder(List.of(result("US", "08:00", "08:00:30", all, 0, ON_TIME, true)));
    PAssert.that(elements.apply("Sliding", aggregate(WindowPolicy.sliding(FIVE_MINUTES, MINUTE))))
        .containsInAnyOrder(
            List.of(
                result("US", "07:56", "08:01", all, 0, ON_TIME, true),
                result("US", "07:57", "08:02", all, 0, ON_TIME, true),
                result("US", "07:58", "08:03", all, 0, ON_TIME, true),
                result("US", "07:59", "08:04", all, 0, ON_TIME, true),
                result("US", "08:00", "08:05", all, 0, ON_TIME, true)));
    pipeline.run();
  }

  @Test
  public void resultsSayHowManyElementsTheyHoldOfEachAccountingWindow() {
    PCollection<Batch<String>> elements =
        pipeline
            .apply(
                stream()
                    .addElements(at("08:04:50", "US a"), at("08:04:55", "US b"))
                    .addElements(at("08:05:10", "US c"))
                    .advanceWatermarkToInfinity())
            .apply(Batches.ofOne());

    PAssert.that(events(elements.apply("Fixed", counted(FIXED, FIVE_MINUTES))))
        .containsInAnyOrder("08:00 ab 08:00=2", "08:05 c 08:05=1");
    PAssert.that(
            events(
                elements.apply(
                    "Sessions", counted(WindowPolicy.sessions(HALF_A_MINUTE), FIVE_MINUTES))))
        .containsInAnyOrder("08:04 abc 08:00=2 08:05=1");
    PAssert.that(
            events(
                elements.apply(
                    "Sliding", counted(WindowPolicy.sliding(FIVE_MINUTES, MINUTE), FIVE_MINUTES))))
        .containsInAnyOrder(
            "08:00 ab 08:00=2",
            "08:01 abc 08:00=2 08:05=1",
            "08:02 abc 08:00=2 08:05=1",
            "08:03 abc 08:00=2 08:05=1",
            "08:04 abc 08:00=2 08:05=1",
            "08:05 c 08:05=1");
    pipeline.run();
  }

  @Test
  public void accountsThatCutSlicesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> counted(FIXED, MINUTE));
  }

  private static PCollection<String> events(PCollection<WindowResult<String>> results) {
    return results
        .apply(results.getName() + "Final", Filter.by(WindowResult::isFinal))
        .apply(
            results.getName() + "Text",
            MapElements.into(TypeDescriptors.strings())
                .via(
                    each -> {
                      StringBuilder text = new StringBuilder(minute(each.start()));
                      text.append(' ').append(each.aggregate());
                      for (int i = 0; i < each.events().size(); i++) {
                        text.append(' ')
                            .append(minute(java.time.Instant.ofEpochMilli(each.events().start(i))))
                            .append('=')
                            .append(each.events().count(i));
                      }
                      return text.toString();
                    }));
  }

  private static String minute(java.time.Instant time) {
    return time.toString().substring(11, 16);
  }

  /** How many panes a window has is the runner's affair in a bounded run; the last is final. */
  @Test
  public void boundedRunIsFinal() {
    PCollection<WindowResult<String>> results =
        pipeline
            .apply(
                Create.timestamped(
                        at("08:06", "US c"),
                        at("08:00", "US a"),
                        at("08:01", "EU x"),
                        at("08:04:59.999", "US b"),
                        at("06:00", "US z"))
                    .withCoder(StringUtf8Coder.of()))
            .apply(aggregate(FIXED.withEarlyFiring(TEN_SECONDS)));

    assertFinal(
        results,
        Map.of(
            window("US", time("06:00"), time("06:05")), "z",
            window("US", time("08:00"), time("08:05")), "ab",
            window("EU", time("08:00"), time("08:05")), "x",
            window("US", time("08:05"), time("08:10")), "c"));
    pipeline.run();
  }

  @Test
  public void bundleLargerThanItsBufferLosesNothing() {
    // What one element becomes is one bundle; its first results are needed again after a flush.
    int results = 10_100;
    int again = 200;
    int keys = 20;
    PCollection<WindowResult<String>> found =
        pipeline
            .apply(Create.timestamped(at("08:00", "one")).withCoder(StringUtf8Coder.of()))
            .apply(
                FlatMapElements.into(TypeDescriptors.longs())
                    .via(one -> () -> LongStream.range(0, results + again).iterator()))
            .apply(
                WithTimestamps.of(
                    number ->
                        time("08:00").plus(FIVE_MINUTES.multipliedBy(number % results / keys))))
            .apply(
                MapElements.into(TypeDescriptors.strings())
                    .via(
                        number -> "k" + number % results % keys + (number < results ? " a" : " b")))
            .apply(aggregate(FIXED));

    PAssert.that(found)
        .satisfies(
            all -> {
              Map<String, Integer> counts = new TreeMap<>();
              for (WindowResult<String> each : all) {
                counts.merge(each.isFinal() ? each.aggregate() : "preliminary", 1, Integer::sum);
              }
              counts.remove("preliminary");
              assertThat(counts, is(Map.of("a", results - again, "ab", again)));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void orderOfEventsDoesNotMatter() {
    Random random = new Random(20260527);
    List<TimestampedValue<String>> events = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      // Every fourth on the edge of a minute.
      long millis = random.nextInt(3_600_000);
      events.add(
          TimestampedValue.of(
              key(random) + " " + (char) ('a' + random.nextInt(26)),
              time("08:00").plus(Duration.millis(i % 4 == 0 ? millis - millis % 60_000 : millis))));
    }
    Duration twoHours = Duration.standardHours(2);
    WindowPolicy fixed = WindowPolicy.fixed(FIVE_MINUTES).withAllowedLateness(twoHours);
    WindowPolicy sliding = WindowPolicy.sliding(FIVE_MINUTES, MINUTE).withAllowedLateness(twoHours);
    WindowPolicy sessions = WindowPolicy.sessions(MINUTE).withAllowedLateness(twoHours);
    Map<String, String> inFixed = new TreeMap<>();
    Map<String, String> inSliding = new TreeMap<>();
    Map<String, String> inSessions = new TreeMap<>();
    List<TimestampedValue<String>> shuffled = new ArrayList<>();
    for (int shuffle = 0; shuffle < SHUFFLES; shuffle++) {
      // Each order has keys of its own.
      List<TimestampedValue<String>> its = new ArrayList<>();
      for (TimestampedValue<String> each : events) {
        its.add(TimestampedValue.of(shuffle + each.getValue(), each.getTimestamp()));
      }
      inFixed.putAll(inWindows(its, FIVE_MINUTES));
      inSliding.putAll(inWindows(its, MINUTE));
      inSessions.putAll(inSessions(its, MINUTE));
      Collections.shuffle(its, random);
      shuffled.addAll(its);
    }
    // Mixed without changing the order of any shuffle's, and cut into bundles of any size.
    TestStream.Builder<String> stream = stream();
    Instant watermark = time("08:00");
    for (int i = 0; i < events.size(); ) {
      List<TimestampedValue<String>> bundle = new ArrayList<>();
      for (int size = 1 + random.nextInt(20); size > 0 && i < events.size(); size--, i++) {
        for (int shuffle = 0; shuffle < SHUFFLES; shuffle++) {
          bundle.add(shuffled.get(shuffle * events.size() + i));
        }
      }
      stream = add(stream, bundle);
      watermark = watermark.plus(MINUTE.multipliedBy(random.nextInt(6)));
      stream = stream.advanceWatermarkTo(watermark);
    }
    PCollection<String> elements = pipeline.apply(stream.advanceWatermarkToInfinity());

    assertFinal(elements.apply("Fixed", aggregate(fixed)), inFixed);
    assertFinal(elements.apply("Sliding", aggregate(sliding)), inSliding);
    assertFinal(elements.apply("Sessions", aggregate(sessions)), inSessions);
    pipeline.run();
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  private void expect(
      WindowPolicy policy, TestStream.Builder<String> stream, WindowResult<String>... expected) {
    PAssert.that(aggregated(policy, stream)).containsInAnyOrder(expected);
    pipeline.run();
  }

  private PCollection<WindowResult<String>> aggregated(
      WindowPolicy policy, TestStream.Builder<String> stream) {
    return pipeline.apply(stream.advanceWatermarkToInfinity()).apply(aggregate(policy));
  }

  private static Aggregate aggregate(WindowPolicy policy) {
    return new Aggregate(policy);
  }

  /** Without how many elements a result is of, which has tests of its own. */
  private static final class Aggregate
      extends PTransform<PCollection<String>, PCollection<WindowResult<String>>> {
    private static final long serialVersionUID = 1L;

    private final transient WindowPolicy policy;

    Aggregate(WindowPolicy policy) {
      this.policy = policy;
    }

    @Override
    public PCollection<WindowResult<String>> expand(PCollection<String> elements) {
      PCollection<WindowResult<String>> results =
          elements.apply(Batches.ofOne()).apply(counted(policy, Duration.standardDays(1)));
      return results
          .apply(
              MapElements.into(results.getTypeDescriptor())
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
          .setCoder(results.getCoder());
    }
  }

  private static AggregateByWindow<String, String> counted(WindowPolicy policy, Duration accounts) {
    return AggregateByWindow.of(policy, new Letters(), StringUtf8Coder.of(), accounts);
  }

  /** That the last pane of each window, and no other, is final. */
  private static void assertFinal(
      PCollection<WindowResult<String>> results, Map<String, String> expected) {
    PAssert.that(results)
        .satisfies(
            all -> {
              Map<String, String> found = new TreeMap<>();
              byWindow(all)
                  .forEach(
                      (window, panes) -> {
                        for (int i = 0; i < panes.size(); i++) {
                          boolean last = i == panes.size() - 1;
                          // A session that has grown leaves its former windows without an end.
                          if (!last || expected.containsKey(window)) {
                            assertThat(panes.toString(), panes.get(i).isFinal(), is(last));
                          }
                          if (panes.get(i).isFinal()) {
                            found.put(window, panes.get(i).aggregate());
                          }
                        }
                      });
              assertThat(found, is(expected));
              return null;
            });
  }

  /** The panes of each window, in their order. */
  private static Map<String, List<WindowResult<String>>> byWindow(
      Iterable<WindowResult<String>> results) {
    Map<String, List<WindowResult<String>>> panes = new HashMap<>();
    for (WindowResult<String> each : results) {
      panes.computeIfAbsent(window(each), window -> new ArrayList<>()).add(each);
    }
    panes.values().forEach(each -> each.sort(Comparator.comparingLong(WindowResult::pane)));
    return panes;
  }

  private static String window(WindowResult<String> result) {
    return result.key() + " " + result.start() + " " + result.end();
  }

  private static String window(String key, Instant start, Instant end) {
    return window(result(key, start, end, "", 0, ON_TIME, false));
  }

  /** What five-minute windows hold, of which one begins every {@code period}. */
  private static Map<String, String> inWindows(
      List<TimestampedValue<String>> elements, Duration period) {
    Map<String, String> windows = new TreeMap<>();
    for (TimestampedValue<String> each : elements) {
      Instant time = each.getTimestamp();
      Instant start = time.minus(Duration.millis(time.getMillis() % period.getMillis()));
      while (start.isAfter(time.minus(FIVE_MINUTES))) {
        windows.merge(
            window(Letters.keyOf(each), start, start.plus(FIVE_MINUTES)),
            Letters.letterOf(each),
            Letters::together);
        start = start.minus(period);
      }
    }
    return windows;
  }

  private static Map<String, String> inSessions(
      List<TimestampedValue<String>> elements, Duration gap) {
    Map<String, List<TimestampedValue<String>>> byKey = new HashMap<>();
    for (TimestampedValue<String> each : elements) {
      byKey.computeIfAbsent(Letters.keyOf(each), key -> new ArrayList<>()).add(each);
    }
    Map<String, String> sessions = new TreeMap<>();
    byKey.forEach(
        (key, its) -> {
          its.sort(Comparator.comparing(TimestampedValue::getTimestamp));
          Instant start = its.get(0).getTimestamp();
          Instant end = start.plus(gap);
          String letters = "";
          for (TimestampedValue<String> each : its) {
            if (!each.getTimestamp().isBefore(end)) {
              sessions.put(window(key, start, end), letters);
              start = each.getTimestamp();
              letters = "";
            }
            end = each.getTimestamp().plus(gap);
            letters = Letters.together(letters, Letters.letterOf(each));
          }
          sessions.put(window(key, start, end), letters);
        });
    return sessions;
  }

  private static TestStream.Builder<String> stream() {
    return TestStream.create(StringUtf8Coder.of());
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // An array of generics, of the stream's making.
  private static TestStream.Builder<String> add(
      TestStream.Builder<String> stream, List<TimestampedValue<String>> elements) {
    return stream.addElements(
        elements.get(0), elements.subList(1, elements.size()).toArray(new TimestampedValue[0]));
  }

  private static String key(Random random) {
    return List.of("US", "EU", "APAC").get(random.nextInt(3));
  }

  private static TimestampedValue<String> at(String time, String element) {
    return TimestampedValue.of(element, time(time));
  }

  /** A time of 2026-05-26, UTC: {@code 08:00}, {@code 08:00:01} or {@code 08:00:01.500}. */
  private static Instant time(String time) {
    return Instant.parse("2026-05-26T" + time + (time.length() == 5 ? ":00Z" : "Z"));
  }

  private static WindowResult<String> result(
      String key,
      String start,
      String end,
      String letters,
      long pane,
      PaneInfo.Timing timing,
      boolean isFinal) {
    return result(key, time(start), time(end), letters, pane, timing, isFinal);
  }

  private static WindowResult<String> result(
      String key,
      Instant start,
      Instant end,
      String letters,
      long pane,
      PaneInfo.Timing timing,
      boolean isFinal) {
    return new WindowResult<>(
        key,
        java.time.Instant.ofEpochMilli(start.getMillis()),
        java.time.Instant.ofEpochMilli(end.getMillis()),
        letters,
        pane,
        timing,
        isFinal,
        EventCounts.NONE);
  }

  private static final class Letters implements AggregateByWindow.Aggregation<String, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String key(String element) {
      return element.substring(0, element.indexOf(' '));
    }

    @Override
    public String add(@Nullable String letters, String element) {
      return together(letters == null ? "" : letters, letter(element));
    }

    @Override
    public String merge(String one, String other) {
      return together(one, other);
    }

    static String keyOf(TimestampedValue<String> element) {
      return new Letters().key(element.getValue());
    }

    static String letterOf(TimestampedValue<String> element) {
      return letter(element.getValue());
    }

    static String together(String one, String other) {
      char[] letters = (one + other).toCharArray();
      Arrays.sort(letters);
      return new String(letters);
    }

    private static String letter(String element) {
      return element.substring(element.indexOf(' ') + 1);
    }
  }
}
