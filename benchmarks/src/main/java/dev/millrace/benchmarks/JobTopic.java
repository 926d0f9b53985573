package dev.millrace.benchmarks;

import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.runners.feed.OrderEvents;
import dev.millrace.runners.feed.TrafficEvents;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Fills a topic with the events of a job: out of order by at most ten seconds, a few of them twice,
 * a few broken, none too late; and in the end, in each partition, one of two days later, so that
 * every window before it is closed. The same on every run.
 */
final class JobTopic {
  static final EventTime EVENT_TIME = EventTime.ofField("event_time");

  /** The region of those that close the windows. */
  static final String LAST = "LAST";

  private static final Instant START = Instant.parse("2026-05-26T00:00:00Z");

  /** Event time that traffic spans, whatever the number of its events. */
  private static final Duration TRAFFIC_SPAN = Duration.ofHours(3);

  private static final int DAYS_OF_ORDERS = 2;
  private static final int USERS = 900_000;
  private static final long DISORDER_MILLIS = 10_000;
  private static final double DUPLICATES = 0.03;
  private static final double BROKEN = 0.001;
  private static final Duration CLOSING_AFTER = Duration.ofDays(2);
  private static final long SEED = 20260526;
  private static final long TELL_NANOS = Duration.ofSeconds(2).toNanos();

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final int partitions;
  private final SplittableRandom random = new SplittableRandom(SEED + 1);
  private final PriorityQueue<Arrival> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Arrival::millis).thenComparing(Arrival::number));
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private long arrivals;
  private long sent;
  private long newest;

  @SuppressWarnings("ArrayRecordComponent") // Passed on, never compared.
  private record Arrival(long millis, long number, long eventMillis, byte[] line) {}

  private JobTopic(KafkaProducer<byte[], byte[]> producer, String topic, int partitions) {
    this.producer = producer;
    this.topic = topic;
    this.partitions = partitions;
  }

  /**
   * Makes the topic and fills it.
   *
   * @param regions of traffic, by which it is summed
   */
  static void fill(Job job, KafkaTopic topic, long events, int partitions, int regions)
      throws IOException {
    topic.create(partitions);
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, topic.bootstrapServers());
    config.put(ProducerConfig.LINGER_MS_CONFIG, 50);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    config.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 64 << 20);
    JobTopic filling;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      filling = new JobTopic(producer, topic.name(), partitions);
      filling.fill(job, events, regions);
    }
    Exception error = filling.failure.get();
    if (error != null) {
      throw new KafkaException("not all records were sent: " + error.getMessage(), error);
    }
  }

  private void fill(Job job, long events, int regions) throws IOException {
    OutputStream lines =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new UnsupportedOperationException("events come as lines");
          }

          @Override
          public void write(byte[] line) {
            arrives(line);
          }
        };
    long begin = System.nanoTime();
    long[] told = {begin};
    if (job.isTraffic()) {
      int perSecond = (int) Math.max(1, events / TRAFFIC_SPAN.toSeconds());
      List<String> names =
          IntStream.range(0, regions).mapToObj(number -> "region-" + number).toList();
      new TrafficEvents(events, Math.max(USERS, regions), names, perSecond, START, SEED)
          .write(lines, done -> tell(done, events, told));
    } else {
      int perDay = (int) Math.max(1, events / DAYS_OF_ORDERS);
      new OrderEvents(events, perDay, START, SEED).write(lines, done -> tell(done, events, told));
    }
    while (!waiting.isEmpty()) {
      send(waiting.remove());
    }
    for (int partition = 0; partition < partitions; partition++) {
      sendLast(job, partition);
    }
    System.err.printf(
        "Topic %s: %,d records in %d partitions, in %.1f s%n",
        topic, sent, partitions, (System.nanoTime() - begin) / 1e9);
  }

  private void tell(long done, long events, long[] told) {
    if (System.nanoTime() - told[0] > TELL_NANOS) {
      told[0] = System.nanoTime();
      System.err.printf("Topic %s: %,d of %,d events%n", topic, done, events);
    }
  }

  private void arrives(byte[] line) {
    long millis = EVENT_TIME.find(line, Long.MAX_VALUE / 2);
    if (millis == EventTime.UNUSABLE) {
      throw new IllegalStateException("no event time: " + new String(line, StandardCharsets.UTF_8));
    }
    newest = Math.max(newest, millis);
    delay(millis, line);
    if (random.nextDouble() < DUPLICATES) {
      delay(millis, line);
    }
    if (random.nextDouble() < BROKEN) {
      delay(millis, Arrays.copyOf(line, line.length / 2));
    }
    while (!waiting.isEmpty() && waiting.element().millis() <= millis) {
      send(waiting.remove());
    }
  }

  private void delay(long millis, byte[] line) {
    waiting.add(
        new Arrival(millis + random.nextLong(DISORDER_MILLIS + 1), arrivals++, millis, line));
  }

  private void send(Arrival arrival) {
    send((int) (sent % partitions), arrival.eventMillis(), arrival.line());
  }

  private void sendLast(Job job, int partition) {
    Instant time = Instant.ofEpochMilli(newest).plus(CLOSING_AFTER);
    String json =
        job.isTraffic()
            ? "{\"event_id\":\"last-%d\",\"region\":\"%s\",\"event_time\":\"%s\"}"
                .formatted(partition, LAST, time)
            : ("{\"event_id\":\"last-%1$d\",\"order_id\":\"last-%1$d\",\"region\":\"%3$s\","
                    + "\"amount\":1.00,\"currency\":\"EUR\",\"status\":\"PAID\","
                    + "\"event_time\":\"%2$s\"}")
                .formatted(partition, time, LAST);
    send(partition, time.toEpochMilli(), json.getBytes(StandardCharsets.UTF_8));
  }

  private void send(int partition, long eventMillis, byte[] line) {
    sent++;
    Future<?> unused =
        producer.send(
            new ProducerRecord<>(topic, partition, eventMillis, null, line),
            (metadata, error) -> {
              if (error != null) {
                failure.compareAndSet(null, error);
              }
            });
  }
}
