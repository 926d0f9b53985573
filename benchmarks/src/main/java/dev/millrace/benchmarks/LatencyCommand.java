package dev.millrace.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures how long records take from the producer into a job. */
@Command(
    name = "latency",
    description =
        "Send records at a steady rate and measure how long they take from the producer to the"
            + " first step after the source; all variants at once, the same records, each in its"
            + " own Flink in this process.",
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class LatencyCommand implements Runnable {
  private static final long SEED = 20260526;
  private static final double MEAN_JITTER_NANOS = 200_000;
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration LAST_RECORDS = Duration.ofSeconds(10);
  private static final Duration END = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(100);

  @Mixin private BrokerOptions brokers;

  @Option(
      names = "--variants",
      split = ",",
      defaultValue = "millrace,native",
      description = "Those whose sources are compared.")
  private List<Variant> variants;

  @Option(names = "--rate", description = "Records per second.")
  private int rate = 1_000;

  @Option(names = "--partitions", description = "Of the topic, which is made and deleted.")
  private int partitions = 4;

  @Option(names = "--parallelism", description = "Of each job.")
  private int parallelism = 2;

  @Option(names = "--warmUp", paramLabel = "SECONDS", description = "Before it is measured.")
  private int warmUp = 20;

  @Option(names = "--duration", paramLabel = "SECONDS", description = "For which it is measured.")
  private int duration = 60;

  @Override
  public void run() {
    BenchmarkTopic topic =
        new BenchmarkTopic(
            brokers.bootstrapServers(), "bench-latency-" + System.currentTimeMillis());
    topic.create(partitions);
    List<RunningJob> jobs = new ArrayList<>();
    try {
      for (Variant each : variants) {
        jobs.add(start(each, topic));
      }
      long sent = measure(topic.name());
      System.out.println("variant,records,p50_ms,p90_ms,p99_ms,p99.9_ms,max_ms");
      variants.forEach(each -> System.out.println(line(each)));
      for (Variant each : variants) {
        if (Latencies.of(each).getTotalCount() != sent) {
          throw new Benchmarks.FailedException(sent + " records were sent; not all were measured");
        }
      }
    } finally {
      jobs.forEach(RunningJob::cancel);
      await(END, () -> jobs.stream().noneMatch(RunningJob::runs));
      topic.delete();
    }
  }

  private RunningJob start(Variant variant, BenchmarkTopic topic) {
    String group = topic.name() + "-" + variant;
    return variant.source() == Variant.Source.NATIVE
        ? NativeJobs.latency(topic, group, parallelism)
        : BeamJobs.latency(variant, topic, group, parallelism);
  }

  /** Returns how many records were sent while it was measured. */
  private long measure(String topic) {
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong measured = new AtomicLong();
    Thread producer = new Thread(() -> produce(topic, over, measured), "producer");
    producer.setDaemon(true);
    producer.start();
    System.err.println("Waiting for the jobs ...");
    if (!await(START, () -> variants.stream().allMatch(Latencies::anyReceived))) {
      throw new Benchmarks.FailedException(
          "a job has had no record for " + START.toSeconds() + " s");
    }
    System.err.println("Warming up for " + warmUp + " s ...");
    await(Duration.ofSeconds(warmUp), () -> false);
    System.err.println("Measuring for " + duration + " s ...");
    long from = Latencies.micros() + LOOK.toNanos() / 1_000;
    Latencies.measure(from, from + TimeUnit.SECONDS.toMicros(duration));
    await(Duration.ofSeconds(duration).plus(LOOK.multipliedBy(2)), () -> false);
    over.set(true);
    try {
      producer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    await(
        LAST_RECORDS,
        () ->
            variants.stream()
                .allMatch(each -> Latencies.of(each).getTotalCount() >= measured.get()));
    return measured.get();
  }

  /**
   * Sends record after record, each as long after the first as its number says, and a little later:
   * exponentially distributed, the same on every run.
   */
  private void produce(String topic, AtomicBoolean over, AtomicLong measured) {
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers.bootstrapServers());
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.put(ProducerConfig.ACKS_CONFIG, "1");
    EventRecords events = new EventRecords(topic, partitions, SEED);
    SplittableRandom random = new SplittableRandom(SEED + 1);
    long interval = TimeUnit.SECONDS.toNanos(1) / rate;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.partitionsFor(topic);
      long begin = System.nanoTime();
      for (long i = 0; !over.get(); i++) {
        double jitter = -Math.log(1 - random.nextDouble()) * MEAN_JITTER_NANOS;
        long due = begin + i * interval + Math.round(jitter);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        long sent = Latencies.micros();
        Future<?> unused = producer.send(events.next(sent / 1_000, Latencies.sentAt(sent)));
        if (Latencies.isMeasured(sent)) {
          measured.incrementAndGet();
        }
      }
    }
  }

  private static boolean await(Duration most, BooleanSupplier done) {
    long deadline = System.nanoTime() + most.toNanos();
    while (System.nanoTime() < deadline) {
      if (done.getAsBoolean()) {
        return true;
      }
      LockSupport.parkNanos(Math.min(LOOK.toNanos(), Math.max(1, deadline - System.nanoTime())));
    }
    return done.getAsBoolean();
  }

  private static String line(Variant variant) {
    Histogram micros = Latencies.of(variant);
    return String.format(
        Locale.ROOT,
        "%s,%d,%.2f,%.2f,%.2f,%.2f,%.2f",
        variant,
        micros.getTotalCount(),
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(90) / 1e3,
        micros.getValueAtPercentile(99) / 1e3,
        micros.getValueAtPercentile(99.9) / 1e3,
        micros.getMaxValue() / 1e3);
  }
}
