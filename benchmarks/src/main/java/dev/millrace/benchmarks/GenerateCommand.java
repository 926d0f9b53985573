package dev.millrace.benchmarks;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Fills a topic. */
@Command(
    name = "generate",
    description = "Make a topic and fill it with events, the same on every run.",
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class GenerateCommand implements Runnable {
  private static final Instant START = Instant.parse("2026-05-26T00:00:00Z");

  /** Event time that the topic spans, whatever the number of its records. */
  private static final Duration SPAN = Duration.ofHours(3);

  private static final Duration DISORDER = Duration.ofSeconds(10);
  private static final long SEED = 20260526;
  private static final long TELL_RECORDS = 100_000;
  private static final long TELL_NANOS = Duration.ofSeconds(2).toNanos();

  @Mixin private BrokerOptions brokers;

  @Option(names = "--topic", required = true, description = "The topic to make; must not be there.")
  private String topic;

  @Option(names = "--records", description = "How many.")
  private long records = 10_000_000;

  @Option(names = "--partitions", description = "How many; 20 regions are spread over them.")
  private int partitions = 4;

  @Override
  public void run() {
    fill(new BenchmarkTopic(brokers.bootstrapServers(), topic), records, partitions);
  }

  /** Makes the topic and fills it. */
  static void fill(BenchmarkTopic topic, long records, int partitions) {
    topic.create(partitions);
    EventRecords events = new EventRecords(topic.name(), partitions, SEED);
    SplittableRandom disorder = new SplittableRandom(SEED + 1);
    long first = START.plus(DISORDER).toEpochMilli();
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    long begin = System.nanoTime();
    long told = begin;
    try (KafkaProducer<byte[], byte[]> producer = producer(topic.bootstrapServers())) {
      for (long i = 0; i < records && failure.get() == null; i++) {
        long due = first + Math.round((double) i / records * SPAN.toMillis());
        Future<?> unused =
            producer.send(
                events.next(due - disorder.nextLong(DISORDER.toMillis() + 1), ""),
                (metadata, error) -> {
                  if (error != null) {
                    failure.compareAndSet(null, error);
                  }
                });
        if (i % TELL_RECORDS == 0 && System.nanoTime() - told > TELL_NANOS) {
          told = System.nanoTime();
          System.err.printf("%,d of %,d records sent%n", i, records);
        }
      }
    }
    Exception error = failure.get();
    if (error != null) {
      throw new KafkaException("not all records were sent: " + error.getMessage(), error);
    }
    System.err.printf(
        "Topic %s: %,d records in %d partitions, in %.1f s%n",
        topic.name(), records, partitions, (System.nanoTime() - begin) / 1e9);
  }

  private static KafkaProducer<byte[], byte[]> producer(String bootstrapServers) {
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 50);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    config.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 64 << 20);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
