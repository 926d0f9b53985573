package dev.millrace.benchmarks;

import dev.millrace.io.jdbc.Database;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs one job by one contender. */
@Command(
    name = "job",
    description = {
      "Read a topic once with one job of one contender, in this process, and print a line:",
      "job, contender, records, records/s and CPU seconds per million of the part between 30%% and"
          + " 95%% of them, MB of live heap at its end, MB of peak resident memory, rows."
    },
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class JobCommand implements Callable<Integer> {
  private static final Duration SETTLED = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(20);

  /** Where the last rows wait for a checkpoint, or a commit. */
  private static final Duration SETTLED_WITH_A_COMMIT =
      LocalFlink.CHECKPOINTING_INTERVAL.multipliedBy(2);

  private static final Duration LOOK_AT_TABLES = Duration.ofSeconds(1);
  private static final org.joda.time.Duration ANY_HORIZON = org.joda.time.Duration.standardHours(1);

  @Mixin private BrokerOptions brokers;
  @Mixin private DatabaseOptions databases;

  @Option(names = "--topic", required = true, description = "A topic that 'bench' has made.")
  private String topic;

  @Option(names = "--job", required = true, description = "The work.")
  private Job job;

  @Option(names = "--contender", required = true, description = "Who does it.")
  private Contender contender;

  @Option(names = "--parallelism", description = "Of all steps.")
  private int parallelism = 2;

  @Override
  public Integer call() throws SQLException, IOException {
    BenchmarkTopic its = new BenchmarkTopic(brokers.bootstrapServers(), topic);
    Database database = job == Job.ORDERS_TO_POSTGRES ? databases.fresh() : null;
    RunningJob running = start(its, database);
    try {
      Watch watch = new Watch(running, contender + " " + job, its);
      Watch.Sample from = watch.await(Watch.STEADY_FROM);
      Watch.Sample to = watch.await(Watch.STEADY_TO);
      long live = ProcessFigures.liveHeapMb();
      watch.await(1);
      String rows = rows(database);
      double counted = to.records() - from.records();
      System.out.println(
          new JobMeasurement(
                  job,
                  contender,
                  watch.records(),
                  counted * 1e9 / (to.nanos() - from.nanos()),
                  (to.cpuNanos() - from.cpuNanos()) / 1e3 / counted,
                  live,
                  ProcessFigures.peakResidentMb(),
                  rows,
                  List.of())
              .toLine());
    } finally {
      running.cancel();
    }
    return 0;
  }

  private RunningJob start(BenchmarkTopic its, @Nullable Database database) {
    String group = "millrace-bench-" + job + "-" + contender;
    if (job == Job.COUNT) {
      return contender == Contender.OURS
          ? BeamJobs.count(Variant.MILLRACE, its, group, parallelism, ANY_HORIZON)
          : NativeJobs.count(Variant.NATIVE, its, group, parallelism, ANY_HORIZON);
    }
    return switch (contender) {
      case OURS -> OurJobs.start(job, its.as(group), parallelism, database);
      case NATIVE ->
          job.isTraffic()
              ? FlinkTraffic.start(job, its, group, parallelism)
              : FlinkOrders.start(its, group, parallelism, database);
      case NATIVE_TUNED ->
          job.isTraffic()
              ? FlinkTraffic.startTuned(its, group, parallelism)
              : FlinkOrders.startTuned(its, group, parallelism);
      case BEAM_PLAIN -> PlainBeamJobs.start(job, its, group, parallelism, true);
      case BEAM_PLAIN_DEFAULTS -> PlainBeamJobs.start(job, its, group, parallelism, false);
      case KAFKA_STREAMS ->
          StreamsTraffic.start(its, group + "-" + ProcessHandle.current().pid(), parallelism);
    };
  }

  private String rows(@Nullable Database database) throws SQLException {
    if (database == null) {
      boolean commits = contender == Contender.KAFKA_STREAMS;
      Watch.awaitQuiet(Rows::changes, LOOK, commits ? SETTLED_WITH_A_COMMIT : SETTLED);
      return Rows.digest();
    }
    Watch.awaitQuiet(() -> Rows.written(database), LOOK_AT_TABLES, SETTLED_WITH_A_COMMIT);
    return Rows.digest(database);
  }
}
