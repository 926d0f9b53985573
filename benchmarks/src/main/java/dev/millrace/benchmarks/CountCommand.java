package dev.millrace.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs one variant over a topic. */
@Command(
    name = "count",
    description = {
      "Read a topic once with one variant, in a Flink in this process, and print a line of CSV:",
      "variant, parallelism, records, and of the part between 30%% and 95%% of them: seconds,"
          + " records/s, CPU seconds per million, collector, seconds of collections; then of all"
          + " windows that have fired: how many, records in them, sum of their values."
    },
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class CountCommand implements Runnable {
  private static final double STEADY_FROM = 0.30;
  private static final double STEADY_TO = 0.95;

  private static final Duration SAMPLE = Duration.ofMillis(10);
  private static final Duration TELL = Duration.ofSeconds(5);
  private static final Duration STALLED = Duration.ofSeconds(60);

  /** When nothing has fired for so long, nothing will. */
  private static final Duration SETTLED = Duration.ofSeconds(5);

  @Mixin private BrokerOptions brokers;

  @Option(names = "--topic", required = true, description = "A topic that 'generate' has made.")
  private String topic;

  @Option(names = "--variant", required = true, description = "What to measure.")
  private Variant variant;

  @Option(names = "--parallelism", description = "Of all steps.")
  private int parallelism = 2;

  @Option(names = "--horizonHours", description = "How long the variants with -once remember ids.")
  private int horizonHours = 1;

  @Override
  public void run() {
    BenchmarkTopic its = new BenchmarkTopic(brokers.bootstrapServers(), topic);
    long records = its.records();
    if (records == 0) {
      throw new Benchmarks.FailedException("topic '" + topic + "' is empty: 'generate' fills it");
    }
    String group = "millrace-benchmark-" + variant;
    org.joda.time.Duration horizon = org.joda.time.Duration.standardHours(horizonHours);
    RunningJob job =
        variant.source() == Variant.Source.NATIVE
            ? NativeJobs.count(variant, its, group, parallelism, horizon)
            : BeamJobs.count(variant, its, group, parallelism, horizon);
    try {
      Sample from = awaitRecords(job, records, STEADY_FROM);
      Sample to = awaitRecords(job, records, STEADY_TO);
      awaitRecords(job, records, 1);
      awaitWindows();
      System.out.println(measurement(records, from, to).toCsv());
    } finally {
      job.cancel();
    }
  }

  private Measurement measurement(long records, Sample from, Sample to) {
    double seconds = (to.nanos - from.nanos) / 1e9;
    double counted = to.records - from.records;
    Progress.Windows windows = Progress.windows();
    return new Measurement(
        variant.toString(),
        parallelism,
        records,
        seconds,
        counted / seconds,
        (to.cpuNanos - from.cpuNanos) / 1e9 / (counted / 1e6),
        collector(),
        (to.gcMillis - from.gcMillis) / 1e3,
        windows.panes(),
        windows.all().count(),
        windows.all().sum());
  }

  /** Looks from outside, every few milliseconds: the job only counts. */
  private Sample awaitRecords(RunningJob job, long records, double share) {
    long wanted = Math.round(records * share);
    long told = System.nanoTime();
    long moved = told;
    long before = -1;
    while (true) {
      long done = Progress.records();
      long now = System.nanoTime();
      if (done >= wanted) {
        return new Sample(now, done, cpuNanos(), gcMillis());
      }
      if (done != before) {
        before = done;
        moved = now;
      } else if (now - moved > STALLED.toNanos()) {
        throw new Benchmarks.FailedException(
            "no record for " + STALLED.toSeconds() + " s, at " + done + " of " + records);
      }
      if (now - told > TELL.toNanos()) {
        told = now;
        System.err.printf("%s: %,d of %,d records%n", variant, done, records);
        if (!job.runs()) {
          throw new Benchmarks.FailedException("the job has failed, at " + done + " records");
        }
      }
      LockSupport.parkNanos(SAMPLE.toNanos());
    }
  }

  private static void awaitWindows() {
    Progress.Windows before = Progress.windows();
    long changed = System.nanoTime();
    while (System.nanoTime() - changed < SETTLED.toNanos()) {
      LockSupport.parkNanos(SAMPLE.toNanos());
      Progress.Windows now = Progress.windows();
      if (now.panes() != before.panes()) {
        before = now;
        changed = System.nanoTime();
      }
    }
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long gcMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }

  /** The first word of the name: G1, PS, ZGC. */
  private static String collector() {
    String name = ManagementFactory.getGarbageCollectorMXBeans().get(0).getName();
    return name.contains(" ") ? name.substring(0, name.indexOf(' ')) : name;
  }

  private static final class Sample {
    private final long nanos;
    private final long records;
    private final long cpuNanos;
    private final long gcMillis;

    Sample(long nanos, long records, long cpuNanos, long gcMillis) {
      this.nanos = nanos;
      this.records = records;
      this.cpuNanos = cpuNanos;
      this.gcMillis = gcMillis;
    }
  }
}
