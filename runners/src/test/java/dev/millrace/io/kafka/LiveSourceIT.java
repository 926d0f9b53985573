package dev.millrace.io.kafka;

import static dev.millrace.io.kafka.LiveReading.BEFORE_EVERYTHING;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.record.Header;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The live source against a real broker, its readers driven as Flink drives them. */
@Timeout(120)
class LiveSourceIT {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Duration OUT_OF_ORDERNESS = Duration.ofMinutes(1);
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration NEVER = Duration.ofDays(1);
  private static final PipelineOptions OPTIONS = PipelineOptionsFactory.create();

  private static Broker broker;

  @BeforeAll
  static void startBroker() {
    broker = Broker.started();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  // Checkpoints and offsets.

  @Test
  void resumesFromACheckpointWithoutLossOrRepetition() throws IOException {
    KafkaTopic topic = broker.create("resume", 3);
    for (int partition = 0; partition < 3; partition++) {
      broker.sendNumbered(topic, partition, EIGHT, 3_000);
    }
    LiveSource source = source(topic, NEVER);

    LiveMark mark;
    Map<Integer, List<String>> texts;
    try (LiveReading first = LiveReading.start(source)) {
      first.untilRecords(2_000);
      mark = first.mark();
      texts = first.textsByPartition();
      first.untilRecords(4_000); // Lost with the job, and not in the checkpoint.
    }
    try (LiveReading second = LiveReading.resume(source, mark)) {
      second.untilOffsets(broker.ends(topic));
      second
          .textsByPartition()
          .forEach(
              (partition, rest) ->
                  texts.computeIfAbsent(partition, number -> new ArrayList<>()).addAll(rest));
    }

    assertThat(
        texts, is(Map.of(0, numbered(0, 3_000), 1, numbered(1, 3_000), 2, numbered(2, 3_000))));
  }

  @Test
  void resumesTwiceFromTheSameCheckpointWithTheSameRecords() throws IOException {
    KafkaTopic topic = broker.create("resume-twice", 2);
    broker.sendNumbered(topic, 0, EIGHT, 1_200);
    broker.sendNumbered(topic, 1, EIGHT, 1_200);
    LiveSource source = source(topic, NEVER);

    LiveMark mark;
    try (LiveReading first = LiveReading.start(source)) {
      first.untilRecords(1_000);
      mark = first.mark();
    }

    List<Map<Integer, List<String>>> rests = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (LiveReading again = LiveReading.resume(source, mark)) {
        again.untilOffsets(broker.ends(topic));
        rests.add(again.textsByPartition());
      }
    }
    assertThat(rests.get(1), is(rests.get(0)));
  }

  @Test
  void readerThatIsCheckpointedBeforeItsStartKeepsItsCheckpoint() throws IOException {
    KafkaTopic topic = broker.create("unstarted", 1);
    broker.sendNumbered(topic, 0, EIGHT, 3);
    LiveSource source = source(topic, NEVER);

    try (LiveReading first = LiveReading.start(source)) {
      first.untilRecords(3);
      LiveMark mark = first.mark();
      LiveReader unstarted = source.createReader(OPTIONS, mark);

      assertThat(unstarted.getCheckpointMark().partitions(), is(mark.partitions()));
      assertThat(unstarted.getCheckpointMark().watermark(), is(mark.watermark()));
      unstarted.close();
    }
  }

  @Test
  void offsetsAreCommittedOnlyWhenACheckpointIsFinalised() throws IOException {
    KafkaTopic topic = broker.create("finalised", 2);
    broker.sendNumbered(topic, 0, EIGHT, 1_500);
    broker.sendNumbered(topic, 1, EIGHT, 1_500);
    try (GroupLag lag = new GroupLag(topic)) {
      try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
        reading.untilRecords(1_000);
        LiveMark middle = reading.mark();
        reading.untilOffsets(broker.ends(topic));
        LiveMark end = reading.mark();
        assertThat(broker.committed(topic), is(anEmptyMap()));
        assertThat(lag.records(), is(3_000L));

        middle.finalizeCheckpoint();
        broker.awaitCommitted(topic, LiveReading.offsets(middle));
        assertThat(lag.records(), is(greaterThan(0L)));

        end.finalizeCheckpoint();
        broker.awaitCommitted(topic, Map.of(0, 1_500L, 1, 1_500L));
        assertThat(lag.records(), is(0L));

        broker.sendNumbered(topic, 0, EIGHT, 10);
        reading.untilRecords(3_010);
      }
      assertThat(broker.committed(topic), is(Map.of(0, 1_500L, 1, 1_500L)));
      assertThat(lag.records(), is(10L));
    }
  }

  @Test
  void restoredCheckpointCommitsNothing() throws IOException {
    KafkaTopic topic = broker.create("restored", 1);
    broker.sendNumbered(topic, 0, EIGHT, 10);
    LiveSource source = source(topic, NEVER);

    LiveMark mark;
    try (LiveReading first = LiveReading.start(source)) {
      first.untilRecords(10);
      mark = first.mark();
    }
    mark.finalizeCheckpoint(); // Its reader is gone.
    try (LiveReading second = LiveReading.resume(source, mark)) {
      second.untilOffsets(Map.of(0, 10L));
      broker.sendNumbered(topic, 0, EIGHT, 10);
      second.untilRecords(10);
    }

    assertThat(broker.committed(topic), is(anEmptyMap()));
  }

  @Test
  void finalisedCheckpointIsCommittedThoughTheReaderIsClosedAtOnce() throws IOException {
    KafkaTopic topic = broker.create("finalised-and-closed", 1);
    broker.sendNumbered(topic, 0, EIGHT, 10);

    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilRecords(10);
      reading.mark().finalizeCheckpoint();
    }

    assertThat(broker.committed(topic), is(Map.of(0, 10L)));
  }

  @Test
  void finalisedCheckpointIsCommittedThoughTheReaderIsClosedAtOnceWithAFullBuffer()
      throws IOException {
    KafkaTopic topic = broker.create("full-and-closed", 1);
    broker.sendLarge(topic, 0, EIGHT, 24);

    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilRecords(2);
      LiveMark mark = reading.mark();
      Awaitility.await("full buffer").atMost(SOON.multipliedBy(30)).until(mark.reader()::isFull);
      mark.finalizeCheckpoint();
    }

    assertThat(broker.committed(topic), is(Map.of(0, 2L)));
  }

  @Test
  void finalisedCheckpointIsCommittedThoughTheReaderStandsStill() throws IOException {
    KafkaTopic topic = broker.create("full-and-still", 1);
    broker.sendLarge(topic, 0, EIGHT, 24);

    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilRecords(2);
      LiveMark mark = reading.mark();
      Awaitility.await("full buffer").atMost(SOON.multipliedBy(30)).until(mark.reader()::isFull);
      mark.finalizeCheckpoint();

      broker.awaitCommitted(topic, Map.of(0, 2L));
    }
  }

  @Test
  void startsAtEarliestLatestTimestampOffsetsAndCommitted() throws IOException {
    KafkaTopic topic = broker.create("positions", 2);
    broker.sendNumbered(topic, 0, EIGHT, 4);
    broker.sendNumbered(topic, 1, EIGHT.plusSeconds(2), 3);

    assertThat(
        textsFrom(LogPosition.committed(), topic),
        is(Map.of(0, numbered(0, 4), 1, numbered(1, 3))));
    assertThat(
        textsFrom(LogPosition.earliest(), topic), is(Map.of(0, numbered(0, 4), 1, numbered(1, 3))));
    assertThat(textsFrom(LogPosition.latest(), topic), is(anEmptyMap()));
    assertThat(textsFrom(LogPosition.committed(), topic), is(anEmptyMap()));
    assertThat(
        textsFrom(LogPosition.timestamp(EIGHT.plusSeconds(3)), topic),
        is(Map.of(0, List.of("0:3"), 1, List.of("1:1", "1:2"))));
    assertThat(
        textsFrom(LogPosition.timestamp(EIGHT.plusSeconds(4)), topic),
        is(Map.of(1, List.of("1:2"))));
    assertThat(
        textsFrom(LogPosition.offsets(Map.of(0, 1L, 1, 2L)), topic),
        is(Map.of(0, List.of("0:1", "0:2", "0:3"), 1, List.of("1:2"))));
    assertThat(
        textsFrom(LogPosition.offsets(Map.of(0, 3L)), topic),
        is(Map.of(0, List.of("0:3"), 1, List.of("1:2"))));
    assertThat(
        textsFrom(LogPosition.committed(), topic),
        is(Map.of(0, List.of("0:3"), 1, List.of("1:2"))));
  }

  @Test
  void retentionPassedTheCommittedOffset() throws IOException {
    KafkaTopic topic = broker.create("retention-committed", 1);
    broker.sendNumbered(topic, 0, EIGHT, 10);
    LogPosition.offsets(Map.of(0, 2L)).place(topic);
    broker.deleteBefore(topic, 0, 7);

    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilOffsets(broker.ends(topic));

      assertThat(reading.texts(), contains("0:7", "0:8", "0:9"));
    }
    KafkaException refused =
        assertThrows(
            KafkaException.class,
            () ->
                KafkaRecords.range(
                    topic, EventTime.ofRecord(), LogPosition.committed(), LogPosition.latest()));
    assertThat(refused.getMessage(), containsString("partition 0 begins at 7"));
  }

  @Test
  void startBeyondTheEndIsRefused() {
    KafkaTopic topic = broker.create("beyond", 1);
    broker.sendNumbered(topic, 0, EIGHT, 10);

    KafkaException refused =
        assertThrows(KafkaException.class, () -> LogPosition.offsets(Map.of(0, 11L)).place(topic));

    assertThat(refused.getMessage(), is("there is no offset 11 in partition 0, its end is 10"));
    LogPosition.offsets(Map.of(0, 10L)).place(topic);
    assertThat(broker.committed(topic), is(Map.of(0, 10L)));
  }

  @Test
  void unusableEventTimesThatFlowOnHoldNoWatermark() throws Exception {
    KafkaTopic topic = broker.create("unusable-flow", 2);
    broker.send(topic, 0, EIGHT, at(minute(10)));
    AtomicBoolean done = new AtomicBoolean();
    Thread flow =
        new Thread(
            () -> {
              while (!done.get()) {
                broker.send(topic, 1, EIGHT, "{\"at\":\"soon\"}");
              }
            });
    flow.start();
    try (LiveReading reading =
        LiveReading.start(source(topic, EventTime.ofField("at"), SOON.multipliedBy(2)))) {
      reading.untilWatermark(minute(9));
    } finally {
      done.set(true);
      flow.join();
    }
  }

  @Test
  void retentionPassedTheCheckpoint() throws IOException {
    KafkaTopic topic = broker.create("retention-checkpoint", 2);
    broker.sendNumbered(topic, 0, EIGHT, 3);
    broker.sendNumbered(topic, 1, EIGHT, 3);
    LiveSource source = source(topic, NEVER);
    LiveMark mark;
    try (LiveReading first = LiveReading.start(source)) {
      first.untilRecords(6);
      mark = first.mark();
    }
    broker.sendNumbered(topic, 0, EIGHT.plusSeconds(60), 5);
    broker.sendNumbered(topic, 1, EIGHT.plusSeconds(60), 5);
    broker.deleteBefore(topic, 0, 6);

    try (LiveReading second = LiveReading.resume(source, mark)) {
      second.untilOffsets(broker.ends(topic));

      assertThat(
          second.textsByPartition(), is(Map.of(0, List.of("0:3", "0:4"), 1, numbered(1, 5))));
    }
  }

  @Test
  void topicMadeAnewIsReadFromItsStart() throws IOException {
    KafkaTopic topic = watchful(broker.create("made-anew", 1));
    broker.sendNumbered(topic, 0, EIGHT, 10);

    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilRecords(10);
      broker.delete(topic);
      broker.create("made-anew", 1);
      broker.sendNumbered(topic, 0, EIGHT, 3);
      reading.untilRecords(13);

      assertThat(reading.texts().subList(10, 13), contains("0:0", "0:1", "0:2"));
      assertThat(reading.offsets(), is(Map.of(0, 3L)));
    }
  }

  // Partitions.

  @Test
  void everyPartitionHasExactlyOneReader() throws IOException {
    KafkaTopic topic = broker.create("split", 5);
    for (int partition = 0; partition < 5; partition++) {
      broker.sendNumbered(topic, partition, EIGHT, 2);
    }
    for (int desired = 1; desired <= 7; desired++) {
      List<LiveSource> parts = source(topic, NEVER).split(desired, OPTIONS);

      assertThat(parts, hasSize(Math.min(desired, 5)));
      List<Integer> partitions =
          parts.stream()
              .flatMap(part -> IntStream.range(0, 5).filter(part::reads).boxed())
              .toList();
      assertThat(partitions, containsInAnyOrder(0, 1, 2, 3, 4));
    }

    List<Map<Integer, List<String>>> texts = new ArrayList<>();
    for (LiveSource part : source(topic, NEVER).split(2, OPTIONS)) {
      try (LiveReading reading = LiveReading.start(part)) {
        reading.until(
            "both of each", () -> reading.offsets().values().stream().allMatch(each -> each == 2));
        texts.add(reading.textsByPartition());
      }
    }
    assertThat(
        texts,
        contains(
            Map.of(0, numbered(0, 2), 2, numbered(2, 2), 4, numbered(4, 2)),
            Map.of(1, numbered(1, 2), 3, numbered(3, 2))));
  }

  @Test
  void newPartitionIsReadFromItsStart() throws IOException {
    KafkaTopic topic = watchful(broker.create("grows", 1));
    broker.sendNumbered(topic, 0, EIGHT, 2);
    LogPosition.latest().place(topic);

    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilOffsets(Map.of(0, 2L));
      broker.grow(topic, 3);
      broker.sendNumbered(topic, 1, EIGHT, 2);
      broker.sendNumbered(topic, 2, EIGHT, 3);
      broker.sendNumbered(topic, 0, EIGHT.plusSeconds(60), 1);
      reading.untilOffsets(Map.of(0, 3L, 1, 2L, 2, 3L));

      assertThat(
          reading.textsByPartition(),
          is(Map.of(0, List.of("0:0"), 1, numbered(1, 2), 2, numbered(2, 3))));
    }
  }

  @Test
  void newPartitionIsNotOvertakenByItsNewestRecord() throws IOException {
    KafkaTopic made = broker.create("overtaken", 1);
    // Heard of late, as usual.
    KafkaTopic topic = with(made, "metadata.max.age.ms", "10000");
    broker.send(topic, 0, minute(0), "A");

    try (LiveReading reading = LiveReading.start(source(topic, SOON))) {
      reading.untilRecords(1);
      reading.untilSilent(0, SOON);
      broker.grow(topic, 2);
      broker.send(topic, 1, minute(10), "B");
      broker.send(topic, 1, minute(60), "C");
      reading.untilRecords(3);

      assertThat(reading.late(), is(empty()));
    }
  }

  @Test
  void partitionThatCameWhileTheJobWasDownIsReadFromItsStartByItsReaderAlone() throws IOException {
    KafkaTopic topic = watchful(broker.create("grew", 2));
    broker.sendNumbered(topic, 0, EIGHT, 2);
    broker.sendNumbered(topic, 1, EIGHT, 2);
    List<LiveSource> parts = source(topic, NEVER).split(2, OPTIONS);
    List<LiveMark> marks = new ArrayList<>();
    for (LiveSource part : parts) {
      try (LiveReading first = LiveReading.start(part)) {
        first.untilRecords(2);
        marks.add(first.mark());
      }
    }
    broker.grow(topic, 4);
    broker.sendNumbered(topic, 2, EIGHT, 3);
    broker.sendNumbered(topic, 3, EIGHT, 4);

    try (LiveReading even = LiveReading.resume(parts.get(0), marks.get(0));
        LiveReading odd = LiveReading.resume(parts.get(1), marks.get(1))) {
      even.untilOffsets(Map.of(0, 2L, 2, 3L));
      odd.untilOffsets(Map.of(1, 2L, 3, 4L));

      assertThat(even.textsByPartition(), is(Map.of(2, numbered(2, 3))));
      assertThat(odd.textsByPartition(), is(Map.of(3, numbered(3, 4))));
    }
  }

  @Test
  void missingTopicSaysSo() {
    KafkaTopic topic = broker.missing("missing");

    for (LogPosition position :
        List.of(
            LogPosition.committed(),
            LogPosition.earliest(),
            LogPosition.latest(),
            LogPosition.timestamp(EIGHT),
            LogPosition.offsets(Map.of(0, 1L)))) {
      assertSaysMissing(assertThrows(KafkaException.class, () -> position.place(topic)), topic);
    }
    LiveSource source = source(topic, NEVER);
    assertSaysMissing(assertThrows(KafkaException.class, () -> source.split(2, OPTIONS)), topic);
    LiveReader reader = source.createReader(OPTIONS, null);
    assertSaysMissing(assertThrows(IOException.class, reader::start), topic);
    reader.close();
  }

  @Test
  void unknownPartitionIsNamed() {
    KafkaTopic topic = broker.create("live-unknown-partition", 2);

    KafkaException refused =
        assertThrows(
            KafkaException.class, () -> LogPosition.offsets(Map.of(0, 0L, 9, 1L)).place(topic));

    assertThat(
        refused.getMessage(),
        is("topic 'live-unknown-partition' has no partition 9: it has 2, counted from 0"));
    assertThat(broker.committed(topic), is(anEmptyMap()));
  }

  // Watermarks.

  @Test
  void watermarkIsTheMinimumOverPartitions() throws IOException {
    KafkaTopic topic = broker.create("minimum", 2);
    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      broker.send(topic, 0, minute(10), "A");
      reading.untilRecords(1);
      assertThat(reading.watermark(), is(BEFORE_EVERYTHING));

      broker.send(topic, 1, minute(5), "B");
      reading.untilRecords(2);
      assertThat(reading.watermark(), is(minute(4)));

      broker.send(topic, 1, minute(20), "C");
      reading.untilRecords(3);
      assertThat(reading.watermark(), is(minute(9)));

      broker.send(topic, 0, minute(3), "D"); // Out of order.
      reading.untilRecords(4);
      assertThat(reading.watermark(), is(minute(9)));

      broker.send(topic, 0, minute(15), "E");
      reading.untilRecords(5);
      assertThat(reading.watermark(), is(minute(14)));
    }
  }

  @Test
  void partitionThatNeverHadARecordDoesNotHoldTheWatermarkOnceIdle() throws IOException {
    KafkaTopic topic = broker.create("never", 2);
    broker.send(topic, 0, minute(10), "A");

    try (LiveReading reading = LiveReading.start(source(topic, SOON))) {
      reading.untilRecords(1);
      assertThat(reading.watermark(), is(BEFORE_EVERYTHING));

      reading.untilWatermark(minute(9));
      assertThat(reading.watermark(), is(minute(9)));
    }
  }

  @Test
  void partitionWhoseFirstRecordComesLaterHoldsTheWatermarkUntilThen() throws IOException {
    KafkaTopic topic = broker.create("first-later", 2);
    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      for (int i = 0; i < 5; i++) {
        broker.send(topic, 0, minute(10 * i), "busy");
      }
      reading.untilRecords(5);
      reading.untilSilent(1, SOON);
      assertThat(reading.watermark(), is(BEFORE_EVERYTHING));

      broker.send(topic, 1, minute(0), "first");
      reading.untilRecords(6);

      assertThat(reading.late(), is(empty()));
      assertThat(reading.watermark(), is(minute(-1)));
    }
  }

  @Test
  void idlePartitionIsLeftOutWithinASecondOfTheLimit() throws IOException {
    KafkaTopic topic = broker.create("idle", 2);
    broker.send(topic, 0, minute(0), "warm");
    broker.send(topic, 1, minute(0), "warm");

    try (LiveReading reading = LiveReading.start(source(topic, SOON))) {
      reading.untilRecords(2);
      long last = System.nanoTime();
      broker.send(topic, 1, minute(1), "last");
      int busy = 0;
      while (!reading.watermark().isAfter(minute(0))) {
        assertThat(elapsed(last), is(lessThan(SOON.multipliedBy(30))));
        broker.send(topic, 0, minute(10 + busy), "busy");
        busy++;
        reading.untilRecords(3 + busy);
      }
      Duration held = elapsed(last);

      assertThat(reading.watermark(), is(minute(8 + busy)));
      assertThat(held, is(allOf(greaterThanOrEqualTo(SOON), lessThan(SOON.plusSeconds(1)))));
    }
  }

  @Test
  void partitionThatWakesUpHoldsTheWatermarkAgain() throws IOException {
    KafkaTopic topic = broker.create("wakes", 2);
    broker.send(topic, 0, minute(10), "A");
    broker.send(topic, 1, minute(0), "B");

    try (LiveReading reading = LiveReading.start(source(topic, SOON))) {
      reading.untilRecords(2);
      reading.untilWatermark(minute(9));
      broker.send(topic, 1, minute(15), "C");
      reading.untilRecords(3);
      reading.untilWatermark(minute(14)); // Partition 0 is found idle again.

      broker.send(topic, 0, minute(20), "D");
      reading.untilRecords(4);
      assertThat(reading.watermark(), is(minute(14)));

      reading.untilWatermark(minute(19));
      assertThat(reading.watermark(), is(minute(19)));
      assertThat(reading.late(), is(empty()));
    }
  }

  @Test
  void allIdleReachesTheNewestEvent() throws IOException {
    KafkaTopic topic = broker.create("all-idle", 3);
    broker.send(topic, 0, minute(10), "A");
    broker.send(topic, 1, minute(5), "B");

    try (LiveReading reading = LiveReading.start(source(topic, SOON))) {
      reading.untilRecords(2);
      reading.untilWatermark(minute(9));
      assertThat(reading.watermark(), is(minute(9)));
    }
  }

  @Test
  void partitionThatIsNotReadToItsEndIsNotIdle() throws IOException {
    KafkaTopic topic = broker.create("behind", 2);
    broker.sendLarge(topic, 0, minute(0), 40);
    broker.send(topic, 1, minute(60), "B");

    try (LiveReading reading = LiveReading.start(source(topic, Duration.ofMillis(300)))) {
      reading.untilRecords(1);
      LiveMark mark = reading.mark();
      // The reader stands still, as behind a slow sink, for longer than the limit.
      Awaitility.await("full buffer").atMost(SOON.multipliedBy(30)).until(mark.reader()::isFull);
      Awaitility.await("silence")
          .atMost(SOON.multipliedBy(30))
          .until(
              () ->
                  reading.mark().partitions().stream()
                      .allMatch(each -> each.silentMillis() >= 1_000));
      reading.untilRecords(41);

      assertThat(reading.late(), is(empty()));
      reading.untilWatermark(minute(59));
    }
  }

  @Test
  void aReaderWithOnlyIdlePartitionsFollowsTheTopicsOthers() throws IOException {
    KafkaTopic topic = broker.create("others", 2);
    broker.send(topic, 0, minute(10), "A");
    LiveSource idle = source(topic, SOON).split(2, OPTIONS).get(1);

    try (LiveReading reading = LiveReading.start(idle)) {
      assertThat(reading.watermark(), is(BEFORE_EVERYTHING));
      reading.untilWatermark(minute(9));
      assertThat(reading.watermark(), is(minute(9)));

      broker.send(topic, 0, minute(20), "B");
      reading.untilWatermark(minute(19));
      assertThat(reading.watermark(), is(minute(19)));
      assertThat(reading.elements(), is(empty()));

      broker.send(topic, 1, minute(15), "C");
      reading.untilRecords(1);
      assertThat(reading.watermark(), is(minute(19)));
    }
  }

  @Test
  void othersWhoseNewestRecordHasNoTimeAreFollowedAllTheSame() throws IOException {
    KafkaTopic topic = broker.create("others-junk", 2);
    broker.send(topic, 0, minute(10), at(minute(10)));
    broker.send(topic, 0, minute(11), "junk");
    LiveSource idle = source(topic, EventTime.ofField("at"), SOON).split(2, OPTIONS).get(1);

    try (LiveReading reading = LiveReading.start(idle)) {
      reading.untilWatermark(minute(9));
      assertThat(reading.watermark(), is(minute(9)));
    }
  }

  @Test
  void othersWhoseNewestRecordIsAbortedAreFollowedAllTheSame() throws IOException {
    KafkaTopic topic = broker.create("others-aborted", 2);
    broker.send(topic, 0, minute(10), "A");
    try (Producer<byte[], byte[]> transactions = broker.transactional("others-aborted")) {
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, minute(11), "B")));
      transactions.abortTransaction();
    }
    broker.awaitEnd(topic, 3);
    LiveSource idle = source(topic, SOON).split(2, OPTIONS).get(1);

    try (LiveReading reading = LiveReading.start(idle)) {
      reading.untilWatermark(minute(9));
      assertThat(reading.watermark(), is(minute(9)));
    }
  }

  @Test
  void othersWithAnOpenTransactionAreFollowedAllTheSame() throws IOException {
    KafkaTopic topic = broker.create("others-open", 2);
    broker.send(topic, 0, minute(10), "A");
    try (Producer<byte[], byte[]> transactions = broker.transactional("others-open")) {
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, minute(11), "B")));
      LiveSource idle = source(topic, SOON).split(2, OPTIONS).get(1);

      try (LiveReading reading = LiveReading.start(idle)) {
        reading.untilWatermark(minute(9));
        assertThat(reading.watermark(), is(minute(9)));
      } finally {
        transactions.abortTransaction();
      }
    }
  }

  @Test
  void resumedReaderTellsItsOldWatermarkBeforeAnyRecord() throws IOException {
    KafkaTopic topic = broker.create("told", 2);
    broker.send(topic, 0, minute(10), "A");
    broker.send(topic, 1, minute(8), "B");
    LiveSource source = source(topic, NEVER);
    LiveMark mark;
    try (LiveReading first = LiveReading.start(source)) {
      first.untilRecords(2);
      assertThat(first.watermark(), is(minute(7)));
      mark = first.mark();
    }
    broker.send(topic, 0, minute(30), "C");
    broker.send(topic, 1, minute(1), "late");

    try (LiveReading second = LiveReading.resume(source, mark)) {
      Awaitility.await("records that wait")
          .atMost(SOON.multipliedBy(30))
          .until(() -> second.mark().reader().lag(0) == 0 && second.mark().reader().lag(1) == 0);
      assertThat(second.watermark(), is(minute(7))); // Nobody is there yet to be told.
      assertThat(second.reader().advance(), is(false));
      assertThat(second.watermark(), is(minute(7))); // Flink looks whether there is an end.
      assertThat(second.reader().advance(), is(false));
      assertThat(second.watermark(), is(minute(7)));
      assertThat(second.watermark(), is(minute(7))); // Flink tells its operators.

      second.untilRecords(2);
      assertThat(second.texts(), containsInAnyOrder("C", "late"));
      assertThat(second.late(), contains("late"));
    }
  }

  @Test
  void watermarkAndIdlenessSurviveARestart() throws IOException {
    KafkaTopic topic = broker.create("idle-restart", 2);
    broker.send(topic, 0, minute(10), "A");
    broker.send(topic, 1, minute(0), "B");
    LiveSource source = source(topic, SOON);
    LiveMark mark;
    try (LiveReading first = LiveReading.start(source)) {
      first.untilRecords(2);
      first.untilWatermark(minute(9));
      mark = first.mark();
    }

    try (LiveReading second = LiveReading.resume(source, mark)) {
      assertThat(second.watermark(), is(minute(9)));
      broker.send(topic, 0, minute(20), "C");
      second.untilRecords(1);
      second.untilWatermark(minute(19));
      assertThat(second.watermark(), is(minute(19)));
    }
  }

  @Test
  void futureEventDoesNotDragTheWatermark() throws IOException {
    KafkaTopic topic = broker.create("future", 1);
    broker.send(topic, 0, minute(0), at(minute(0)));
    broker.send(topic, 0, minute(1), at(minute(1).plus(Duration.ofDays(365))));

    try (LiveReading reading = LiveReading.start(source(topic, EventTime.ofField("at"), SOON))) {
      reading.untilRecords(2);
      assertThat(reading.times(), contains(minute(0), minute(1)));
      assertThat(reading.watermark(), is(minute(-1)));

      reading.untilSilent(0, SOON.plusSeconds(1));
      assertThat(reading.watermark(), is(minute(-1)));

      broker.send(topic, 0, minute(2), at(minute(2)));
      reading.untilRecords(3);
      assertThat(reading.watermark(), is(minute(1)));
      assertThat(reading.late(), is(empty()));
    }
  }

  @Test
  void recordWithoutUsableTimeIsDatedByItsKafkaTimestamp() throws IOException {
    KafkaTopic topic = broker.create("undated", 1);
    broker.send(topic, 0, minute(0), at(minute(0)));
    broker.send(topic, 0, minute(5), "junk");
    broker.send(topic, 0, minute(6), "{\"at\":\"yesterday\"}");
    broker.send(List.of(shaped(topic, minute(7), "key".getBytes(UTF_8), null)));

    try (LiveReading reading = LiveReading.start(source(topic, EventTime.ofField("at"), NEVER))) {
      reading.untilRecords(4);

      assertThat(reading.times(), contains(minute(0), minute(5), minute(6), minute(7)));
      assertThat(reading.watermark(), is(minute(-1)));
    }
  }

  @Test
  void emptyTopicYieldsNothingAndKeepsItsWatermark() throws IOException {
    KafkaTopic topic = broker.create("empty", 2);
    LiveSource source = source(topic, Duration.ofMillis(200));
    try (LiveReading reading = LiveReading.start(source)) {
      reading.untilSilent(0, SOON);
      assertThat(reading.elements(), is(empty()));
      assertThat(reading.watermark(), is(BEFORE_EVERYTHING));
      assertThat(reading.offsets(), is(Map.of(0, 0L, 1, 0L)));
    }

    broker.send(topic, 0, minute(10), "A");
    LiveMark mark;
    try (LiveReading reading = LiveReading.start(source)) {
      reading.untilRecords(1);
      reading.untilWatermark(minute(9));
      mark = reading.mark();
    }
    broker.deleteBefore(topic, 0, 1);
    try (LiveReading resumed = LiveReading.resume(source, mark)) {
      resumed.untilSilent(0, SOON.plusMillis(mark.partitions().get(0).silentMillis()));
      assertThat(resumed.elements(), is(empty()));
      assertThat(resumed.watermark(), is(minute(9)));
      assertThat(resumed.offsets(), is(Map.of(0, 1L, 1, 0L)));
    }
  }

  // Brokers and records.

  @Test
  void brokerRestartInTheMiddleIsWaitedFor() throws IOException {
    KafkaTopic topic = broker.create("restart", 2);
    broker.sendNumbered(topic, 0, EIGHT, 100);
    broker.sendNumbered(topic, 1, EIGHT, 100);

    LiveSource source = source(topic, SOON); // Whether it is idle is asked meanwhile.
    try (LiveReading reading = LiveReading.start(source)) {
      reading.untilRecords(200);
      LiveReading resumed;
      broker.stop();
      long stopped = System.nanoTime();
      try {
        resumed = LiveReading.resume(source, reading.mark());
        reading.until("two seconds", () -> elapsed(stopped).compareTo(SOON.multipliedBy(2)) > 0);
        reading.mark().finalizeCheckpoint();
      } finally {
        broker.startAgain();
      }
      broker.sendNumbered(topic, 0, EIGHT.plusSeconds(100), 100);
      broker.sendNumbered(topic, 1, EIGHT.plusSeconds(100), 100);
      reading.untilOffsets(Map.of(0, 200L, 1, 200L));
      try (resumed) {
        resumed.untilOffsets(Map.of(0, 200L, 1, 200L));
        assertThat(
            resumed.textsByPartition(), is(Map.of(0, numbered(0, 100), 1, numbered(1, 100))));
      }

      assertThat(
          reading.textsByPartition(),
          is(
              Map.of(
                  0, concatenated(numbered(0, 100), numbered(0, 100)),
                  1, concatenated(numbered(1, 100), numbered(1, 100)))));
      reading.mark().finalizeCheckpoint();
      broker.awaitCommitted(topic, Map.of(0, 200L, 1, 200L));
    }
  }

  @Test
  void timeWithoutABrokerIsNoSilence() throws IOException {
    KafkaTopic topic = broker.create("outage", 2);
    broker.send(topic, 0, minute(0), "A");
    broker.send(topic, 1, minute(0), "B");
    Duration idleAfter = SOON.multipliedBy(8);

    try (LiveReading reading = LiveReading.start(source(topic, idleAfter))) {
      reading.untilRecords(2);
      broker.stop();
      long gone = System.nanoTime();
      long back;
      try {
        Duration outage = idleAfter.plusSeconds(3);
        reading.until("end of outage", () -> elapsed(gone).compareTo(outage) > 0);
      } finally {
        back = System.nanoTime();
        broker.startAgain();
      }
      // What producers have kept meanwhile comes, of one partition sooner than of the other.
      broker.send(topic, 0, minute(60), "C");
      reading.untilRecords(3);
      reading.until("end of idleness", () -> reading.watermark().isAfter(minute(0)));

      assertThat(elapsed(back), is(greaterThanOrEqualTo(idleAfter)));
    }
  }

  @Test
  void abortedTransactionsAreNotRead() throws IOException {
    KafkaTopic topic = broker.create("aborted", 1);
    try (Producer<byte[], byte[]> transactions = broker.transactional("aborted");
        GroupLag lag = new GroupLag(topic);
        LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, minute(0), "committed")));
      transactions.commitTransaction();
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, minute(30), "aborted")));
      transactions.abortTransaction();
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, minute(1), "committed, too")));
      transactions.commitTransaction();
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, minute(31), "aborted, too")));
      transactions.abortTransaction();
      reading.untilOffsets(Map.of(0, 8L)); // Four records and four markers.

      assertThat(reading.texts(), contains("committed", "committed, too"));
      assertThat(reading.watermark(), is(minute(0)));
      reading.mark().finalizeCheckpoint();
      broker.awaitCommitted(topic, Map.of(0, 8L));
      assertThat(lag.records(), is(0L));
    }
  }

  @Test
  void openTransactionIsReadOnceItIsCommittedAndHoldsWhatComesAfterIt() throws IOException {
    KafkaTopic topic = broker.create("open", 1);
    try (Producer<byte[], byte[]> transactions = broker.transactional("open");
        LiveReading reading = LiveReading.start(source(topic, SOON))) {
      broker.send(topic, 0, minute(0), "before");
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, minute(1), "in it")));
      broker.send(topic, 0, minute(2), "after");
      reading.untilRecords(1);
      reading.untilSilent(0, SOON.plusSeconds(1));
      assertThat(reading.texts(), contains("before"));
      assertThat(reading.watermark(), is(minute(-1)));

      transactions.commitTransaction();
      reading.untilRecords(3);
      assertThat(reading.texts(), contains("before", "in it", "after"));
      assertThat(reading.watermark(), is(minute(1)));
    }
  }

  @Test
  void tombstonesNullKeysHeadersAndOneMegabyteRecordsComeAsTheyAre() throws IOException {
    KafkaTopic topic = broker.create("shapes", 1);
    byte[] megabyte = new byte[1 << 20];
    new Random(1).nextBytes(megabyte);
    byte[] key = "key".getBytes(UTF_8);
    byte[] text = "text".getBytes(UTF_8);
    ProducerRecord<byte[], byte[]> decorated = shaped(topic, EIGHT, key, text);
    decorated.headers().add(new RecordHeader("trace", "1".getBytes(UTF_8)));
    decorated.headers().add(new RecordHeader("trace", "2".getBytes(UTF_8)));
    decorated.headers().add(new RecordHeader("bare", (byte[]) null));
    decorated.headers().add(new RecordHeader("", new byte[0]));
    broker.send(
        List.of(
            shaped(topic, EIGHT, key, null),
            shaped(topic, EIGHT, null, text),
            shaped(topic, EIGHT, null, null),
            shaped(topic, EIGHT, new byte[0], new byte[0]),
            decorated,
            shaped(topic, EIGHT, key, megabyte),
            shaped(topic, EIGHT, key, text)));

    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilRecords(7);

      List<Header> headers =
          List.of(
              new Header("trace", "1".getBytes(UTF_8)),
              new Header("trace", "2".getBytes(UTF_8)),
              new Header("bare", null),
              new Header("", new byte[0]));
      assertThat(
          reading.records(),
          contains(
              raw(topic, 0, key, null, List.of()),
              raw(topic, 1, null, text, List.of()),
              raw(topic, 2, null, null, List.of()),
              raw(topic, 3, new byte[0], new byte[0], List.of()),
              raw(topic, 4, key, text, headers),
              raw(topic, 5, key, megabyte, List.of()),
              raw(topic, 6, key, text, List.of())));
      assertThat(reading.times(), everyItem(is(EIGHT)));
    }
  }

  private static LiveSource source(KafkaTopic topic, Duration idleAfter) {
    return source(topic, EventTime.ofRecord(), idleAfter);
  }

  private static LiveSource source(KafkaTopic topic, EventTime eventTime, Duration idleAfter) {
    return new LiveSource(
        topic, eventTime, OUT_OF_ORDERNESS.toMillis(), idleAfter.toMillis(), 0, 1);
  }

  /** The topic for those who must not wait half a minute to hear of its changes. */
  private static KafkaTopic watchful(KafkaTopic topic) {
    return with(topic, "metadata.max.age.ms", "500");
  }

  private static KafkaTopic with(KafkaTopic topic, String property, String value) {
    return new KafkaTopic(
        topic.bootstrapServers(), topic.name(), topic.group(), Map.of(property, value));
  }

  /** What a stream that starts there reads up to the end. */
  private static Map<Integer, List<String>> textsFrom(LogPosition position, KafkaTopic topic)
      throws IOException {
    position.place(topic);
    try (LiveReading reading = LiveReading.start(source(topic, NEVER))) {
      reading.untilOffsets(broker.ends(topic));
      return reading.textsByPartition();
    }
  }

  /** The texts of {@link Broker#sendNumbered}. */
  private static List<String> numbered(int partition, int count) {
    return IntStream.range(0, count).mapToObj(i -> partition + ":" + i).toList();
  }

  private static List<String> concatenated(List<String> first, List<String> second) {
    List<String> both = new ArrayList<>(first);
    both.addAll(second);
    return both;
  }

  private static void assertSaysMissing(Exception refused, KafkaTopic topic) {
    assertThat(
        refused.getMessage(),
        is(
            "topic '"
                + topic.name()
                + "' doesn't exist at "
                + topic.bootstrapServers()
                + ": create it, or fill it with 'bin/millrace feed'"));
  }

  private static Instant minute(int minute) {
    return EIGHT.plus(Duration.ofMinutes(minute));
  }

  private static String at(Instant time) {
    return "{\"at\":\"" + time + "\"}";
  }

  private static Duration elapsed(long sinceNanos) {
    return Duration.ofNanos(System.nanoTime() - sinceNanos);
  }

  private static ProducerRecord<byte[], byte[]> shaped(
      KafkaTopic topic, Instant time, byte[] key, byte[] value) {
    return new ProducerRecord<>(topic.name(), 0, time.toEpochMilli(), key, value);
  }

  private static RawRecord raw(
      KafkaTopic topic, long offset, byte[] key, byte[] value, List<Header> headers) {
    return new RawRecord(
        key, value, headers, new Origin(KafkaRecords.SYSTEM, topic.name(), 0, offset), EIGHT);
  }
}
