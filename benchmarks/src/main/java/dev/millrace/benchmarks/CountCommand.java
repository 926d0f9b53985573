package dev.millrace.benchmarks;

import java.lang.management.ManagementFactory;
import java.time.Duration;
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
  private static final Duration LOOK = Duration.ofMillis(20);

  /** When nothing has fired for so long, nothing will. */
  private static final Duration SETTLED = Duration.ofSeconds(5);

  @Mixin private BrokerOptions brokers;

  @Option(names = "--topic", required = true, description = "A topic that 'generate' has made.")
  private String topic;

  @Option(names = "--variant", required = true, description = "What to measure.")
  private Variant variant;

  @Option(names = "--parallelism", description = "Of all steps.")
  private int parallelism = 2;

  @Option(
      names = "--horizonMinutes",
      description = "How long the variants with -once remember ids, at least.")
  private int horizonMinutes = 60;

  @Override
  public void run() {
    BenchmarkTopic its = new BenchmarkTopic(brokers.bootstrapServers(), topic);
    long records = its.records();
    if (records == 0) {
      throw new Benchmarks.FailedException("topic '" + topic + "' is empty: 'generate' fills it");
    }
    String group = "millrace-benchmark-" + variant;
    org.joda.time.Duration horizon = org.joda.time.Duration.standardMinutes(horizonMinutes);
    RunningJob job =
        variant.source() == Variant.Source.NATIVE
            ? NativeJobs.count(variant, its, group, parallelism, horizon)
            : BeamJobs.count(variant, its, group, parallelism, horizon);
    try {
      Watch watch = new Watch(job, variant.toString(), its);
      Watch.Sample from = watch.await(Watch.STEADY_FROM);
      Watch.Sample to = watch.await(Watch.STEADY_TO);
      watch.await(1);
      Watch.awaitQuiet(() -> Progress.windows().panes(), LOOK, SETTLED);
      System.out.println(measurement(records, from, to).toCsv());
    } finally {
      job.cancel();
    }
  }

  private Measurement measurement(long records, Watch.Sample from, Watch.Sample to) {
    double seconds = (to.nanos() - from.nanos()) / 1e9;
    double counted = to.records() - from.records();
    Progress.Windows windows = Progress.windows();
    return new Measurement(
        variant.toString(),
        parallelism,
        records,
        seconds,
        counted / seconds,
        (to.cpuNanos() - from.cpuNanos()) / 1e9 / (counted / 1e6),
        collector(),
        (to.gcMillis() - from.gcMillis()) / 1e3,
        windows.panes(),
        windows.all().count(),
        windows.all().sum());
  }

  /** The first word of the name: G1, PS, ZGC. */
  private static String collector() {
    String name = ManagementFactory.getGarbageCollectorMXBeans().get(0).getName();
    return name.contains(" ") ? name.substring(0, name.indexOf(' ')) : name;
  }
}
