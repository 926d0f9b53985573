package dev.millrace.runners.certify;

import dev.millrace.runners.feed.Faults;
import dev.millrace.runners.feed.FaultyOrder;
import dev.millrace.runners.feed.Feed;
import dev.millrace.runners.feed.Outgoing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The records of a certificate, in the order in which they are sent: shuffled, some twice, some
 * late, some broken, some saying two things, whatever belongs together in different partitions.
 */
final class Deliveries {
  static final int PARTITIONS = 4;

  /** They make amounts incomparable, so there are few. */
  private static final int CONFLICTING = 20;

  private static final double CONFLICTING_SHARE = 0.001;

  private record Delivery(int partition, Outgoing record) {}

  private final List<Delivery> deliveries;
  private final Feed.Sent counts;

  private Deliveries(List<Delivery> deliveries, Feed.Sent counts) {
    this.deliveries = deliveries;
    this.counts = counts;
  }

  /** Makes them up; the same seed, the same records. */
  static Deliveries of(Subject subject, long events, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    try {
      subject.write(events, random.nextLong(), lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<Delivery> deliveries = new ArrayList<>();
    Map<Outgoing.Kind, Long> counts = new EnumMap<>(Outgoing.Kind.class);
    Consumer<Outgoing> deliver =
        record -> {
          counts.merge(record.kind(), 1L, Long::sum);
          deliveries.add(new Delivery(random.nextInt(PARTITIONS), record));
        };
    Faults faults =
        subject.faults(
            random.nextLong(), Math.min(CONFLICTING_SHARE, (double) CONFLICTING / events));
    FaultyOrder order = new FaultyOrder(subject.events(), faults);
    lines
        .toString(StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> order.add(line.getBytes(StandardCharsets.UTF_8), deliver));
    order.finish(deliver);
    return new Deliveries(deliveries, Feed.Sent.of(counts));
  }

  /** How many there are of each kind. */
  Feed.Sent counts() {
    return counts;
  }

  /** How many records there are. */
  int size() {
    return deliveries.size();
  }

  /** Sends those from {@code start} on, up to {@code end}, and waits until the broker has them. */
  void send(String bootstrapServers, String topic, int start, int end) {
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", bootstrapServers);
    config.put("acks", "all");
    config.put("linger.ms", "5");
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (Delivery each : deliveries.subList(start, end)) {
        Outgoing record = each.record();
        // Its failures arrive at the callback.
        Future<?> unused =
            producer.send(
                new ProducerRecord<>(
                    topic, each.partition(), record.eventMillis(), null, record.value()),
                (metadata, error) -> failure.compareAndSet(null, error));
      }
      producer.flush();
    }
    Exception error = failure.get();
    if (error != null) {
      throw new KafkaException("not all records were taken: " + error.getMessage());
    }
  }
}
