package dev.millrace.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.millrace.runners.local.Trees;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares the product's pipelines with the same work written in other ways. */
@Command(
    name = "bench",
    description = {
      "Run each job by each contender, one after the other, in a fresh JVM each, over the same topic,"
          + " and compare: rate, CPU, memory, and whether all have come to the same rows.",
      "Needs the machine for itself, and some gigabytes of the broker's disk."
    },
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
  @Mixin private BrokerOptions brokers;

  @Option(
      names = "--events",
      paramLabel = "N",
      description = "Of each job; a fifth of it into tables. Below 3,000,000 the JIT is measured.")
  private long events = 10_000_000;

  @Option(
      names = "--jobs",
      paramLabel = "A,B",
      split = ",",
      description =
          "Of count, traffic, traffic-all, orders, orders-to-postgres and live. Default: all.")
  private List<Job> jobs = List.of(Job.values());

  @Option(
      names = "--contenders",
      paramLabel = "A,B",
      split = ",",
      description =
          "Of ours, native, native-tuned, beam-plain, beam-plain-defaults and kafka-streams, as far as"
              + " they do the job. Default: all.")
  private List<Contender> contenders = List.of(Contender.values());

  @Option(names = "--rounds", paramLabel = "R", description = "How often, interleaved.")
  private int rounds = 3;

  @Option(names = "--parallelism", paramLabel = "N", description = "Of all steps.")
  private int parallelism = 2;

  @Option(names = "--partitions", paramLabel = "N", description = "Of the topics.")
  private int partitions = 4;

  @Option(names = "--keys", paramLabel = "N", description = "By which traffic is summed.")
  private int keys = 6;

  @Option(names = "--rate", paramLabel = "N", description = "Of live, records per second.")
  private int rate = 5_800;

  @Option(names = "--heap", paramLabel = "SIZE", description = "Of each JVM.")
  private String heap = "6g";

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results there, too.")
  private @Nullable Path json;

  @Option(
      names = "--keepTopics",
      description = "Leave the topics for the next time, which then begins at once.")
  private boolean keepTopics;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (events < 1_000
        || IntStream.of(rounds, partitions, parallelism, keys, rate).min().getAsInt() < 1) {
      throw new Benchmarks.FailedException(
          "--events is 1,000 or more; --rounds, --partitions, --parallelism, --keys and --rate are 1 or more");
    }
    List<JobMeasurement> all = new ArrayList<>();
    for (Job job : jobs) {
      all.addAll(job == Job.LIVE ? measure(job, live()) : measureReplay(job));
    }
    BenchReport report = BenchReport.of(all);
    System.out.print(report.text());
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), report.toJson());
    }
    return report.isSound() ? 0 : 1;
  }

  private List<JobMeasurement> measureReplay(Job job) throws IOException, InterruptedException {
    BenchmarkTopic topic = topicOf(job);
    try {
      return measure(
          job,
          List.of(
              "job", "--topic=" + topic.name(), "--job=" + job, "--parallelism=" + parallelism));
    } finally {
      if (!keepTopics) {
        topic.delete();
      }
    }
  }

  private List<String> live() {
    return List.of(
        "live", "--rate=" + rate, "--partitions=" + partitions, "--parallelism=" + parallelism);
  }

  private BenchmarkTopic topicOf(Job job) throws IOException {
    String name =
        "bench-%s-%d-%dp%s"
            .formatted(
                job.pipeline(),
                job.events(events),
                partitions,
                job.isTraffic() ? "-%dk".formatted(keys) : "");
    BenchmarkTopic topic = new BenchmarkTopic(brokers.bootstrapServers(), name);
    if (!topic.exists()) {
      if (job == Job.COUNT) {
        GenerateCommand.fill(topic, job.events(events), partitions);
      } else {
        JobTopic.fill(job, topic.as("millrace-bench"), job.events(events), partitions, keys);
      }
    }
    return topic;
  }

  private List<JobMeasurement> measure(Job job, List<String> arguments)
      throws IOException, InterruptedException {
    List<JobMeasurement> measured = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      for (Contender contender : job.contenders()) {
        if (contenders.contains(contender)) {
          System.err.printf("Round %d of %d: %s %s%n", round, rounds, contender, job);
          JobMeasurement its = inItsOwnProcess(job, contender, arguments);
          System.err.printf(
              "%s %s: %,.0f records/s, %.2f CPU s per million, %s%n",
              contender, job, its.recordsPerSecond(), its.cpuSecondsPerMillion(), its.rows());
          measured.add(its);
        }
      }
    }
    return measured;
  }

  private JobMeasurement inItsOwnProcess(Job job, Contender contender, List<String> arguments)
      throws IOException, InterruptedException {
    Path temporary = Files.createTempDirectory("bench");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(each -> !each.startsWith("-Xm") && !each.startsWith("-Djava.io.tmpdir"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx" + heap,
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            Benchmarks.class.getName()));
    command.addAll(arguments);
    command.add("--bootstrapServers=" + brokers.bootstrapServers());
    command.add("--contender=" + contender);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Thread ending = new Thread(process::destroyForcibly, "end-job");
    Runtime.getRuntime().addShutdownHook(ending);
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      List<String> lines = out.lines().collect(Collectors.toList());
      if (process.waitFor() != 0 || lines.isEmpty()) {
        throw new Benchmarks.FailedException(contender + " " + job + " has failed; see above");
      }
      return JobMeasurement.parse(lines.get(lines.size() - 1));
    } finally {
      process.destroyForcibly();
      Runtime.getRuntime().removeShutdownHook(ending);
      Trees.delete(temporary);
    }
  }
}
