package dev.millrace.io.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.Read;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The range source against a real broker, its readers driven as runners drive them. */
@Timeout(120)
class RangeSourceIT {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Instant FUTURE = Instant.parse("2090-01-01T00:00:00Z");
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

  // What is in a range.

  @Test
  void readsExactlyTheOffsetsAsked() throws IOException {
    KafkaTopic topic = broker.create("asked", 2);
    broker.sendNumbered(topic, 0, EIGHT, 6);
    broker.sendNumbered(topic, 1, EIGHT.plusSeconds(2), 4);
    Map<Integer, List<String>> everything = Map.of(0, numbered(0, 0, 6), 1, numbered(1, 0, 4));

    assertThat(texts(topic, LogPosition.earliest(), LogPosition.latest()), is(everything));
    assertThat(
        texts(
            topic,
            LogPosition.timestamp(EIGHT.plusSeconds(1)),
            LogPosition.timestamp(EIGHT.plusSeconds(4))),
        is(Map.of(0, numbered(0, 1, 4), 1, numbered(1, 0, 2))));
    assertThat(
        texts(
            topic,
            LogPosition.timestamp(EIGHT.plusMillis(1_001)),
            LogPosition.timestamp(EIGHT.plusMillis(4_001))),
        is(Map.of(0, numbered(0, 2, 5), 1, numbered(1, 0, 3))));
    assertThat(
        texts(
            topic,
            LogPosition.offsets(Map.of(0, 2L, 1, 1L)),
            LogPosition.offsets(Map.of(0, 5L, 1, 3L))),
        is(Map.of(0, numbered(0, 2, 5), 1, numbered(1, 1, 3))));
    assertThat(
        texts(topic, LogPosition.offsets(Map.of(1, 3L)), LogPosition.latest()),
        is(Map.of(1, numbered(1, 3, 4))));
    assertThat(
        texts(topic, LogPosition.earliest(), LogPosition.offsets(Map.of(0, 1_000L))),
        is(Map.of(0, numbered(0, 0, 6))));
    assertThat(texts(topic, LogPosition.committed(), LogPosition.latest()), is(everything));

    LogPosition.offsets(Map.of(0, 4L, 1, 1L)).place(topic);
    assertThat(
        texts(topic, LogPosition.committed(), LogPosition.latest()),
        is(Map.of(0, numbered(0, 4, 6), 1, numbered(1, 1, 4))));
    assertThat(
        texts(topic, LogPosition.earliest(), LogPosition.committed()),
        is(Map.of(0, numbered(0, 0, 4), 1, numbered(1, 0, 1))));
    assertThat(broker.committed(topic), is(Map.of(0, 4L, 1, 1L)));
  }

  @Test
  void whatComesAfterTheQuestionIsNotInIt() throws IOException {
    KafkaTopic topic = broker.create("later", 1);
    broker.sendNumbered(topic, 0, EIGHT, 3);
    RangeSource source = source(range(topic, LogPosition.earliest(), LogPosition.latest()));
    broker.sendNumbered(topic, 0, EIGHT, 5);

    assertThat(texts(read(source)), is(Map.of(0, numbered(0, 0, 3))));
  }

  @Test
  void endOfLogWhereATimestampHasNoRecord() throws IOException {
    KafkaTopic topic = broker.create("no-record-there", 2);
    broker.sendNumbered(topic, 0, EIGHT, 3);
    broker.sendNumbered(topic, 1, EIGHT.plusSeconds(3_600), 3);

    assertThat(
        texts(
            topic,
            LogPosition.timestamp(EIGHT.plusSeconds(60)),
            LogPosition.timestamp(EIGHT.plusSeconds(3_602))),
        is(Map.of(1, numbered(1, 0, 2))));
    assertThat(
        texts(topic, LogPosition.timestamp(EIGHT.plusSeconds(1)), LogPosition.timestamp(FUTURE)),
        is(Map.of(0, numbered(0, 1, 3), 1, numbered(1, 0, 3))));
  }

  @Test
  void emptyRange() throws IOException {
    KafkaTopic topic = broker.create("nothing-in-it", 2);
    broker.sendNumbered(topic, 0, EIGHT, 3);

    assertEmpty(range(topic, LogPosition.latest(), LogPosition.latest()));
    assertEmpty(range(topic, LogPosition.latest(), LogPosition.earliest()));
    assertEmpty(
        range(topic, LogPosition.offsets(Map.of(0, 2L)), LogPosition.offsets(Map.of(0, 2L))));
    assertEmpty(
        range(topic, LogPosition.offsets(Map.of(0, 0L)), LogPosition.offsets(Map.of(1, 2L))));
    assertEmpty(
        range(broker.create("nothing-at-all", 3), LogPosition.earliest(), LogPosition.latest()));
  }

  @Test
  void rangeInTheFutureIsEmpty() throws IOException {
    KafkaTopic topic = broker.create("future", 2);
    broker.sendNumbered(topic, 0, EIGHT, 3);

    assertEmpty(range(topic, LogPosition.timestamp(FUTURE), LogPosition.latest()));
    assertEmpty(
        range(
            topic,
            LogPosition.timestamp(FUTURE),
            LogPosition.timestamp(FUTURE.plus(Duration.ofDays(1)))));
    assertEmpty(range(topic, LogPosition.offsets(Map.of(0, 7L)), LogPosition.latest()));
  }

  @Test
  void unknownPartitionIsNamed() {
    KafkaTopic topic = broker.create("range-unknown-partition", 2);
    for (List<LogPosition> each :
        List.of(
            List.of(LogPosition.offsets(Map.of(2, 0L)), LogPosition.latest()),
            List.of(LogPosition.earliest(), LogPosition.offsets(Map.of(0, 1L, 2, 0L))))) {
      KafkaException refused =
          assertThrows(KafkaException.class, () -> range(topic, each.get(0), each.get(1)));
      assertThat(
          refused.getMessage(),
          is("topic 'range-unknown-partition' has no partition 2: it has 2, counted from 0"));
    }
  }

  @Test
  void missingTopicSaysSo() {
    KafkaTopic topic = broker.missing("range-missing");

    KafkaException refused =
        assertThrows(
            KafkaException.class, () -> range(topic, LogPosition.earliest(), LogPosition.latest()));

    assertThat(
        refused.getMessage(),
        is(
            "topic 'range-missing' doesn't exist at "
                + topic.bootstrapServers()
                + ": create it, or fill it with 'bin/millrace feed'"));
  }

  @Test
  void rangeEqualsLive() throws IOException {
    KafkaTopic topic = broker.create("both", 3);
    EventTime eventTime = EventTime.ofField("at");
    broker.send(
        IntStream.range(0, 1_200).mapToObj(i -> odd(topic, i, EIGHT.plusSeconds(i))).toList());
    try (Producer<byte[], byte[]> transactions = broker.transactional("both")) {
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, EIGHT, "aborted")));
      transactions.abortTransaction();
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, EIGHT, "committed")));
      transactions.commitTransaction();
    }
    broker.awaitEnd(topic, 404);

    List<TimestampedValue<RawRecord>> live;
    LiveSource liveSource = new LiveSource(topic, eventTime, 60_000, 60_000, 0, 1);
    try (LiveReading reading = LiveReading.start(liveSource)) {
      reading.untilOffsets(broker.ends(topic));
      live = sorted(reading.elements());
    }
    RangeSource source =
        source(KafkaRecords.range(topic, eventTime, LogPosition.earliest(), LogPosition.latest()));

    assertThat(live, hasSize(1_201));
    assertThat(sorted(read(source)), is(live));
    List<TimestampedValue<RawRecord>> inParts = new ArrayList<>();
    for (RangeSource part : source.split(1, OPTIONS)) {
      inParts.addAll(read(part));
    }
    assertThat(sorted(inParts), is(live));
  }

  // Where a range ends.

  @Test
  void endsOnPositionAfterCompaction() throws IOException {
    broker.cleanEagerly();
    KafkaTopic topic =
        broker.create(
            "compacted",
            1,
            Map.of(
                "cleanup.policy",
                "compact",
                "segment.ms",
                "1000",
                "min.cleanable.dirty.ratio",
                "0.01",
                "delete.retention.ms",
                "0"));
    // A segment each, since their times are far apart: the key's later record makes them void.
    for (int i = 0; i < 6; i++) {
      Instant time = EIGHT.plusSeconds(60L * i);
      broker.send(List.of(keyed(topic, time, i == 0 ? "kept" : "void", "0:" + i)));
    }
    broker.send(List.of(keyed(topic, EIGHT.plusSeconds(3_600), "void", "last")));
    broker.send(List.of(keyed(topic, EIGHT.plusSeconds(7_200), "active", "active")));
    awaitCompaction(topic, List.of("0:0", "last", "active"));

    assertThat(
        texts(topic, LogPosition.earliest(), LogPosition.latest()),
        is(Map.of(0, List.of("0:0", "last", "active"))));
    assertThat(
        texts(topic, LogPosition.earliest(), LogPosition.offsets(Map.of(0, 4L))),
        is(Map.of(0, List.of("0:0"))));
    // No record is in it any more.
    assertThat(
        texts(topic, LogPosition.offsets(Map.of(0, 2L)), LogPosition.offsets(Map.of(0, 5L))),
        is(Map.of()));
  }

  @Test
  void endsOnAbortedTransactionsAtTheEnd() throws IOException {
    KafkaTopic topic = broker.create("aborted-at-the-end", 1);
    try (Producer<byte[], byte[]> transactions = broker.transactional("aborted-at-the-end")) {
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, EIGHT, "committed")));
      transactions.commitTransaction();
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, EIGHT, "aborted")));
      transactions.abortTransaction();
    }
    broker.awaitEnd(topic, 4);

    assertThat(
        texts(topic, LogPosition.earliest(), LogPosition.latest()),
        is(Map.of(0, List.of("committed"))));
    assertThat(
        texts(topic, LogPosition.offsets(Map.of(0, 1L)), LogPosition.latest()), is(Map.of()));
    assertThat(
        texts(topic, LogPosition.offsets(Map.of(0, 1L)), LogPosition.offsets(Map.of(0, 3L))),
        is(Map.of()));
    assertThat(
        texts(topic, LogPosition.offsets(Map.of(0, 1L)), LogPosition.offsets(Map.of(0, 2L))),
        is(Map.of()));
  }

  @Test
  void openTransactionIsNotWaitedForByLatest() throws IOException {
    KafkaTopic topic = broker.create("open-range", 1);
    broker.send(topic, 0, EIGHT, "before");
    try (Producer<byte[], byte[]> transactions = broker.transactional("open-range")) {
      transactions.beginTransaction();
      Broker.get(transactions.send(Broker.record(topic, 0, EIGHT.plusSeconds(1), "in it")));
      broker.send(topic, 0, EIGHT.plusSeconds(2), "after");
      try {
        for (LogPosition to :
            List.of(
                LogPosition.latest(),
                LogPosition.timestamp(FUTURE),
                LogPosition.timestamp(EIGHT.plusSeconds(2)),
                LogPosition.offsets(Map.of(0, 3L)))) {
          assertThat(
              to.toString(),
              texts(topic, LogPosition.earliest(), to),
              is(Map.of(0, List.of("before"))));
        }
        assertEmpty(
            range(topic, LogPosition.timestamp(EIGHT.plusSeconds(1)), LogPosition.latest()));
      } finally {
        transactions.abortTransaction();
      }
    }
  }

  @Test
  void partitionThatIsReadToItsEndIsNotFetchedAnyMore() {
    KafkaTopic topic = broker.create("paused", 2);
    broker.sendNumbered(topic, 0, EIGHT, 20);
    broker.sendNumbered(topic, 1, EIGHT, 20);
    PausedPartitions paused = new PausedPartitions();

    try (RecordFetcher fetcher =
        new RecordFetcher(
            topic,
            EventTime.ofRecord(),
            Map.of(0, 0L, 1, 0L),
            Map.of(0, 5L, 1, 30L), // Partition 1 is waited for.
            paused)) {
      List<Long> told = new ArrayList<>();
      Awaitility.await("end of partition 0")
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                if (fetcher.next(Duration.ofMillis(100)) instanceof RecordFetcher.Fetched fetched
                    && fetched.partition() == 0) {
                  told.add(fetched.nextOffset());
                }
                return told.contains(5L);
              });

      Awaitility.await("pause of partition 0")
          .atMost(Duration.ofSeconds(10))
          .until(() -> paused.numbers.contains(0));
      assertThat(paused.numbers, is(Set.of(0)));
    }
  }

  @Test
  void errorWhileFetchingIsNotWaitedFor() {
    KafkaTopic topic = broker.create("error", 1);
    RecordFetcher.Watch broken =
        new PausedPartitions() {
          @Override
          public void look(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher) {
            throw new NoClassDefFoundError("as when a jar was replaced under a running job");
          }
        };

    try (RecordFetcher fetcher =
        new RecordFetcher(topic, EventTime.ofRecord(), Map.of(0, 0L), Map.of(0, 1L), broken)) {
      Awaitility.await("failure")
          .dontCatchUncaughtExceptions()
          .atMost(Duration.ofSeconds(10))
          .until(
              () -> {
                try {
                  fetcher.next(Duration.ofMillis(100));
                  return false;
                } catch (IOException e) {
                  return true;
                }
              });
    }
  }

  // Parts.

  @Test
  void largePartitionIsSplitAndThePartsCoverItExactly() throws IOException {
    KafkaTopic topic = broker.create("large", 3);
    broker.sendNumbered(topic, 0, EIGHT, 5_000);
    broker.sendNumbered(topic, 1, EIGHT, 300);
    broker.sendNumbered(topic, 2, EIGHT, 1_700);
    RangeSource source =
        source(
            range(topic, LogPosition.offsets(Map.of(0, 100L, 1, 0L, 2, 0L)), LogPosition.latest()));
    assertThat(source.offsets(), is(6_900L));

    for (long bytes : List.of(1L, 250_000L, 1_000_000_000L)) {
      List<RangeSource> parts = source.split(bytes, OPTIONS);
      assertThat(parts, hasSize(bytes == 1 ? 7 : bytes == 250_000 ? 6 : 1));
      long most = Math.max(1_000, 6_900 / parts.size());
      assertThat(
          parts.stream().map(RangeSource::offsets).toList(),
          everyItem(is(lessThanOrEqualTo(most))));

      List<TimestampedValue<RawRecord>> elements = new ArrayList<>();
      for (RangeSource part : parts) {
        List<TimestampedValue<RawRecord>> its = read(part);
        assertThat((long) its.size(), is(part.offsets()));
        elements.addAll(its);
      }
      assertThat(
          texts(sorted(elements)),
          is(Map.of(0, numbered(0, 100, 5_000), 1, numbered(1, 0, 300), 2, numbered(2, 0, 1_700))));
    }
  }

  @Test
  void partThatIsReadAgainHasTheSameRecords() throws IOException {
    KafkaTopic topic = broker.create("again", 1);
    broker.sendNumbered(topic, 0, EIGHT, 2_500);
    RangeSource part =
        source(range(topic, LogPosition.earliest(), LogPosition.latest())).split(1, OPTIONS).get(1);

    assertThat(read(part), is(read(part)));
    assertThat(broker.committed(topic), is(Map.of()));
  }

  // What is gone, and who is away.

  @Test
  void offsetsDeletedByRetentionFailWithAClearMessage() throws IOException {
    KafkaTopic topic = broker.create("deleted-before", 2);
    broker.sendNumbered(topic, 0, EIGHT, 10);
    broker.sendNumbered(topic, 1, EIGHT, 10);
    RangeSource planned = source(range(topic, LogPosition.earliest(), LogPosition.latest()));
    broker.deleteBefore(topic, 1, 4);

    KafkaException refused =
        assertThrows(
            KafkaException.class,
            () -> range(topic, LogPosition.offsets(Map.of(0, 0L, 1, 3L)), LogPosition.latest()));
    assertThat(
        refused.getMessage(),
        is(
            "offsets are gone from topic 'deleted-before', its retention has deleted them:"
                + " partition 1 begins at 4. Read what is left with --from=earliest, the rest from"
                + " an archive"));

    IOException failed = assertThrows(IOException.class, () -> read(planned));
    assertThat(
        failed.getMessage(),
        allOf(
            containsString("offset 0 of deleted-before-1 is gone, the oldest there is 4"),
            containsString("--from=earliest")));

    assertThat(
        texts(topic, LogPosition.earliest(), LogPosition.latest()),
        is(Map.of(0, numbered(0, 0, 10), 1, numbered(1, 4, 10))));
    assertThat(
        texts(topic, LogPosition.offsets(Map.of(1, 4L)), LogPosition.latest()),
        is(Map.of(1, numbered(1, 4, 10))));
    assertEmpty(
        range(topic, LogPosition.offsets(Map.of(1, 2L)), LogPosition.offsets(Map.of(1, 2L))));
  }

  @Test
  void offsetsDeletedWhileReadingFailWithAClearMessage() throws IOException {
    KafkaTopic topic = broker.create("deleted-while-reading", 1);
    broker.sendLarge(topic, 0, EIGHT, 40); // More than is fetched ahead.
    RangeSource source = source(range(topic, LogPosition.earliest(), LogPosition.latest()));

    try (RangeReader reader = source.createReader(OPTIONS)) {
      assertThat(reader.start(), is(true));
      broker.deleteBefore(topic, 0, 39);
      List<Integer> read = new ArrayList<>();
      IOException failed =
          assertThrows(
              IOException.class,
              () -> {
                while (reader.advance()) {
                  read.add(reader.getCurrent().values().size());
                }
              });

      assertThat(read.size(), is(lessThan(39)));
      assertThat(
          failed.getMessage(),
          allOf(
              containsString("of deleted-while-reading-0 is gone, the oldest there is 39"),
              containsString("the topic's retention has passed the range while it was read"),
              containsString("--from=earliest")));
    }
  }

  @Test
  void brokerRestartInTheMiddleIsWaitedFor() throws IOException {
    KafkaTopic topic = broker.create("range-restart", 1);
    broker.sendLarge(topic, 0, EIGHT, 40); // More than is fetched ahead.
    RangeSource source = source(range(topic, LogPosition.earliest(), LogPosition.latest()));

    try (RangeReader reader = source.createReader(OPTIONS)) {
      List<Long> offsets = new ArrayList<>();
      boolean more = reader.start();
      broker.stop();
      try {
        // One is taken, which makes room: so the broker is asked while it is away.
        reader.getCurrent().values().forEach(each -> offsets.add(each.origin().offset()));
        more = reader.advance();
      } finally {
        broker.startAgain();
      }
      while (more) {
        reader.getCurrent().values().forEach(each -> offsets.add(each.origin().offset()));
        more = reader.advance();
      }

      assertThat(offsets, is(IntStream.range(0, 40).mapToObj(Long::valueOf).toList()));
    }
  }

  /** Notes which partitions are not fetched any more. */
  private static class PausedPartitions implements RecordFetcher.Watch {
    private final Set<Integer> numbers = ConcurrentHashMap.newKeySet();

    @Override
    public void look(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher) {
      consumer.paused().forEach(each -> numbers.add(each.partition()));
    }

    @Override
    public long outOfRange(
        Consumer<byte[], byte[]> consumer, TopicPartition partition, long offset) {
      throw new AssertionError(partition + " has no offset " + offset);
    }

    @Override
    public void alive(int partition, RecordFetcher fetcher) {}

    @Override
    public void close() {}
  }

  private static KafkaRecords.Range range(KafkaTopic topic, LogPosition from, LogPosition to) {
    return KafkaRecords.range(topic, EventTime.ofRecord(), from, to);
  }

  /** The source that the transform reads. */
  private static RangeSource source(KafkaRecords.Range range) {
    Pipeline pipeline = Pipeline.create(OPTIONS);
    pipeline.apply(range);
    List<RangeSource> found = new ArrayList<>();
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public CompositeBehavior enterCompositeTransform(TransformHierarchy.Node node) {
            if (node.getTransform() instanceof Read.Bounded<?> read
                && read.getSource() instanceof RangeSource source) {
              found.add(source);
            }
            return CompositeBehavior.ENTER_TRANSFORM;
          }
        });
    assertThat(found, hasSize(1));
    return found.get(0);
  }

  /** All that one reader reads. */
  private static List<TimestampedValue<RawRecord>> read(RangeSource source) throws IOException {
    List<TimestampedValue<RawRecord>> elements = new ArrayList<>();
    try (RangeReader reader = source.createReader(OPTIONS)) {
      for (boolean more = reader.start(); more; more = reader.advance()) {
        Batch<RawRecord> batch = reader.getCurrent();
        for (int i = 0; i < batch.values().size(); i++) {
          elements.add(
              TimestampedValue.of(
                  batch.values().get(i), org.joda.time.Instant.ofEpochMilli(batch.millis()[i])));
        }
      }
    }
    return elements;
  }

  private static Map<Integer, List<String>> texts(
      KafkaTopic topic, LogPosition from, LogPosition to) throws IOException {
    return texts(read(source(range(topic, from, to))));
  }

  private static Map<Integer, List<String>> texts(List<TimestampedValue<RawRecord>> elements) {
    return elements.stream()
        .map(TimestampedValue::getValue)
        .collect(
            Collectors.groupingBy(
                each -> each.origin().partition(),
                TreeMap::new,
                Collectors.mapping(LiveReading::text, Collectors.toList())));
  }

  private static List<TimestampedValue<RawRecord>> sorted(
      List<TimestampedValue<RawRecord>> elements) {
    return elements.stream()
        .sorted(Comparator.comparing(each -> each.getValue().origin()))
        .toList();
  }

  private static void assertEmpty(KafkaRecords.Range range) throws IOException {
    assertThat(range.offsets(), is(0L));
    assertThat(source(range).split(1, OPTIONS), hasSize(1));
    assertThat(read(source(range)), is(empty()));
  }

  /** The texts of {@link Broker#sendNumbered}, from an offset to another. */
  private static List<String> numbered(int partition, int start, int end) {
    return IntStream.range(start, end).mapToObj(i -> partition + ":" + i).toList();
  }

  private static ProducerRecord<byte[], byte[]> keyed(
      KafkaTopic topic, Instant time, String key, String value) {
    return new ProducerRecord<>(
        topic.name(), 0, time.toEpochMilli(), key.getBytes(UTF_8), value.getBytes(UTF_8));
  }

  /** With and without a key, a value, a header, an event time. */
  private static ProducerRecord<byte[], byte[]> odd(KafkaTopic topic, int number, Instant time) {
    byte[] key = number % 5 == 0 ? null : Integer.toString(number).getBytes(UTF_8);
    String text =
        number % 11 == 0 ? "junk" : "{\"at\":\"" + time.minusSeconds(number % 100) + "\"}";
    byte[] value = number % 7 == 0 ? null : text.getBytes(UTF_8);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic.name(), number % 3, time.toEpochMilli(), key, value);
    if (number % 4 == 0) {
      record.headers().add("number", Integer.toString(number).getBytes(UTF_8));
    }
    return record;
  }

  private static void awaitCompaction(KafkaTopic topic, List<String> left) {
    Awaitility.await("compaction of " + topic)
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(250))
        .until(
            () -> {
              LiveSource source = new LiveSource(topic, EventTime.ofRecord(), 60_000, 60_000, 0, 1);
              try (LiveReading reading = LiveReading.start(source)) {
                reading.untilOffsets(broker.ends(topic));
                return reading.texts().equals(left);
              }
            });
  }
}
