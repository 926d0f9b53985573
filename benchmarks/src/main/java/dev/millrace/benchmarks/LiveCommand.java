package dev.millrace.benchmarks;

import dev.millrace.io.jdbc.Database;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How long an order takes from the broker's log to its committed row. */
@Command(
    name = "live",
    description = {
      "Send orders at a steady rate to a running job that writes them to PostgreSQL, and measure the"
          + " time from the broker's append to the commit of the row.",
      "Both times are the servers' own: the topic's timestamps are those of the append, and the"
          + " database keeps those of its commits (track_commit_timestamp). Both count in whole"
          + " milliseconds or finer, by the machine's clock.",
      "Prints a line as 'job' does, of the time that is measured, with the producer's CPU and memory in"
          + " it; and then p50, p99, p99.9, most, and the last row after the last record, in ms."
    },
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class LiveCommand implements Callable<Integer> {
  private static final List<String> REGIONS = List.of("DE", "FR", "GB", "JP", "US", "BR");
  private static final long SEED = 20260526;
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration LAST_ROWS = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final double MILLIS = 1e3;

  private static final String LATENCIES =
      """
      select percentile_disc(array[0.5, 0.99, 0.999, 1]) within group (order by seconds)
      from (
        select extract(epoch from pg_xact_commit_timestamp(xmin) - _loaded_at) as seconds
        from silver.orders_clean
        where _loaded_at >= timestamptz 'epoch' + %d * interval '1 millisecond'
          and _loaded_at < timestamptz 'epoch' + %d * interval '1 millisecond') latencies
      """;

  @Mixin private BrokerOptions brokers;
  @Mixin private DatabaseOptions databases;

  @Option(names = "--contender", description = "ours or native.")
  private Contender contender = Contender.OURS;

  @Option(names = "--rate", paramLabel = "N", description = "Records per second.")
  private int rate = 5_800;

  @Option(names = "--partitions", description = "Of the topic, which is made and deleted.")
  private int partitions = 4;

  @Option(names = "--parallelism", description = "Of all steps.")
  private int parallelism = 2;

  @Option(names = "--warmUp", paramLabel = "SECONDS", description = "Before it is measured.")
  private int warmUp = 30;

  @Option(names = "--duration", paramLabel = "SECONDS", description = "For which it is measured.")
  private int duration = 60;

  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  @Override
  public Integer call() throws SQLException, IOException, InterruptedException {
    Database database = databases.fresh();
    BenchmarkTopic topic =
        new BenchmarkTopic(brokers.bootstrapServers(), "bench-live-" + System.currentTimeMillis());
    topic.createDatedByAppend(partitions);
    String group = topic.name() + "-" + contender;
    RunningJob job =
        contender == Contender.OURS
            ? OurJobs.start(Job.ORDERS_TO_POSTGRES, topic.as(group), parallelism, database)
            : FlinkOrders.start(topic, group, parallelism, database);
    Thread producer = new Thread(() -> produce(topic), "producer");
    producer.setDaemon(true);
    try {
      producer.start();
      System.err.println("Waiting for the first rows ...");
      await(START, job, () -> rows(database) > 0);
      System.err.printf("Warming up for %d s ...%n", warmUp);
      TimeUnit.SECONDS.sleep(warmUp);
      System.err.printf("Measuring for %d s ...%n", duration);
      long from = System.currentTimeMillis();
      long sentBefore = sent.get();
      long cpuBefore = ProcessFigures.cpuNanos();
      TimeUnit.SECONDS.sleep(duration);
      long to = System.currentTimeMillis();
      double counted = sent.get() - sentBefore;
      double cpuSecondsPerMillion = (ProcessFigures.cpuNanos() - cpuBefore) / MILLIS / counted;
      over.set(true);
      producer.join();
      long last = System.nanoTime();
      if (failure.get() != null) {
        throw new KafkaException("not all records were sent: " + failure.get().getMessage());
      }
      await(LAST_ROWS, job, () -> rows(database) == sent.get());
      double behind = (System.nanoTime() - last) / 1e6;
      List<Double> latencies = latencies(database, from, to);
      latencies.add(behind);
      System.out.println(
          new JobMeasurement(
                  Job.LIVE,
                  contender,
                  sent.get(),
                  counted * MILLIS / (to - from),
                  cpuSecondsPerMillion,
                  ProcessFigures.liveHeapMb(),
                  ProcessFigures.peakResidentMb(),
                  "every record at %,d/s".formatted(rate),
                  latencies)
              .toLine());
    } finally {
      over.set(true);
      job.cancel();
      topic.delete();
    }
    return 0;
  }

  private static List<Double> latencies(Database database, long from, long to) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(LATENCIES.formatted(from, to))) {
      result.next();
      List<Double> latencies = new ArrayList<>();
      for (BigDecimal each : (BigDecimal[]) result.getArray(1).getArray()) {
        latencies.add(each.doubleValue() * MILLIS);
      }
      return latencies;
    }
  }

  private interface Condition {
    boolean holds() throws SQLException;
  }

  private static void await(Duration most, RunningJob job, Condition condition)
      throws SQLException {
    long deadline = System.nanoTime() + most.toNanos();
    while (!condition.holds()) {
      if (!job.runs()) {
        throw new Benchmarks.FailedException("the job has failed");
      }
      if (System.nanoTime() > deadline) {
        throw new Benchmarks.FailedException(
            "not all rows were there after " + most.toSeconds() + " s");
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
  }

  private static long rows(Database database) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("select sum(orders) from gold.revenue_by_region")) {
      result.next();
      return result.getLong(1);
    }
  }

  /** Sends order after order, each as long after the first as its number says. */
  private void produce(BenchmarkTopic topic) {
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers.bootstrapServers());
    config.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    SplittableRandom random = new SplittableRandom(SEED);
    long interval = TimeUnit.SECONDS.toNanos(1) / rate;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      long begin = System.nanoTime();
      for (long i = 0; !over.get(); i++) {
        long left = begin + i * interval - System.nanoTime();
        if (left > 0) {
          LockSupport.parkNanos(left);
        }
        Future<?> unused =
            producer.send(
                new ProducerRecord<>(topic.name(), (int) (i % partitions), null, order(i, random)),
                (metadata, error) -> {
                  if (error != null) {
                    failure.compareAndSet(null, error);
                  }
                });
        sent.incrementAndGet();
      }
    }
  }

  private static byte[] order(long number, SplittableRandom random) {
    String json =
        "{\"event_id\":\"e-%1$d\",\"order_id\":\"o-%1$d\",\"customer_id\":\"c-%2$d\",\"region\":\"%3$s\","
                .formatted(
                    number, random.nextInt(100_000), REGIONS.get(random.nextInt(REGIONS.size())))
            + "\"amount\":%d.%02d,\"currency\":\"EUR\",\"status\":\"PAID\",\"event_time\":\"%s\"}"
                .formatted(random.nextInt(1_000), random.nextInt(100), Instant.now());
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
