package dev.millrace.runners.cli;

import dev.millrace.runners.launch.FlinkTarget;
import dev.millrace.runners.launch.Launch;
import dev.millrace.runners.local.Environment;
import dev.millrace.runners.local.Installation;
import dev.millrace.transforms.admission.AdmissionRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;

/** What runs the pipeline. */
final class RunnerOptions {
  private static final String IN_PROCESS = "[local]";

  @Option(
      names = "--runner",
      paramLabel = "NAME",
      description = "DirectRunner: in this process, for small runs. FlinkRunner: on Flink.")
  private String runner = "DirectRunner";

  @Option(
      names = "--flinkMaster",
      paramLabel = "HOST:PORT",
      description =
          "FlinkRunner: the REST address of a Flink 1.19 session cluster, or [local] for a Flink in"
              + " this process. Default: $MILLRACE_FLINK_MASTER, or [local].")
  private @Nullable String flinkMaster;

  @Option(
      names = "--jobJar",
      paramLabel = "thin|shaded",
      description =
          "FlinkRunner on a cluster: thin, where Beam and Millrace's connectors are on the"
              + " cluster's class path; shaded, anywhere. Default: thin for the local stack's cluster, shaded for others.")
  private @Nullable String jobJar;

  @Option(names = "--parallelism", description = "Subtasks of each step.")
  private int parallelism = 2;

  @Option(
      names = "--checkpointingInterval",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description = "FlinkRunner: time between the checkpoints of a stream.")
  private Duration checkpointingInterval = Duration.ofSeconds(10);

  @Option(
      names = "--savepointPath",
      paramLabel = "PATH",
      description = "FlinkRunner on a cluster: go on from this savepoint or checkpoint.")
  private @Nullable String savepointPath;

  @Option(names = "--detach", description = "FlinkRunner on a cluster: submit the job and return.")
  private boolean detach;

  /** Whether it is DirectRunner. */
  boolean isDirect() {
    return runner.equals("DirectRunner");
  }

  /** Subtasks of each step; at least one, as long as there is no mistake. */
  int parallelism() {
    return parallelism;
  }

  /** Whether the run resumes an earlier one. */
  boolean goesOn() {
    return savepointPath != null;
  }

  /** Whether the command returns before the run has ended. */
  boolean isDetached() {
    return detach;
  }

  /** The rule as it fits the runner. */
  AdmissionRule fitted(AdmissionRule rule) {
    return isDirect() ? rule.withShards(Math.min(parallelism, rule.shards())) : rule;
  }

  /** Adds a mistake for each option that only a stream or a job of its own can have. */
  void refuseStreaming(String command, List<String> mistakes) {
    if (savepointPath != null) {
      mistakes.add("--savepointPath has no meaning with " + command);
    }
    if (detach) {
      mistakes.add("--detach has no meaning with " + command + ", which follows its runs");
    }
  }

  /** How to run; null if there is a mistake, which is added. */
  @Nullable Launch launch(String pipeline, List<String> runnerOptions, List<String> mistakes) {
    int before = mistakes.size();
    if (parallelism < 1) {
      mistakes.add("--parallelism=" + parallelism + " is none: it is 1 or more");
    }
    mistakes.addAll(Launch.mistakesIn(runnerOptions));
    Launch launch =
        switch (runner) {
          case "DirectRunner" -> direct(pipeline, runnerOptions, mistakes);
          case "FlinkRunner" -> flink(pipeline, runnerOptions, mistakes);
          default -> {
            mistakes.add("--runner=" + runner + " is none: it is DirectRunner or FlinkRunner");
            yield null;
          }
        };
    return before < mistakes.size() ? null : launch;
  }

  private Launch direct(String pipeline, List<String> runnerOptions, List<String> mistakes) {
    if (flinkMaster != null || jobJar != null || savepointPath != null || detach) {
      mistakes.add(
          "--flinkMaster, --jobJar, --savepointPath and --detach need --runner=FlinkRunner");
    }
    return Launch.direct(pipeline, parallelism, runnerOptions);
  }

  private @Nullable Launch flink(
      String pipeline, List<String> runnerOptions, List<String> mistakes) {
    String master = new Addresses().given(flinkMaster, Environment.FLINK_MASTER);
    if (master == null) {
      master = IN_PROCESS;
    }
    boolean inside = master.startsWith("[");
    if (inside && !master.equals(IN_PROCESS)) {
      mistakes.add("--flinkMaster=" + master + " is none: it is HOST:PORT or [local]");
    }
    if (!inside && !master.matches(".+:\\d{1,5}")) {
      mistakes.add("--flinkMaster=" + master + " lacks a port: write it like localhost:8081");
    }
    if (inside && (jobJar != null || savepointPath != null || detach)) {
      mistakes.add(
          "--jobJar, --savepointPath and --detach need a cluster: --flinkMaster=HOST:PORT");
    }
    List<Path> jars = inside ? List.of() : jobJars(master, mistakes);
    return Launch.flink(
        pipeline,
        parallelism,
        new FlinkTarget(master, jars, checkpointingInterval, savepointPath, detach),
        runnerOptions);
  }

  private List<Path> jobJars(String master, List<String> mistakes) {
    if (jobJar != null && !jobJar.equals("thin") && !jobJar.equals("shaded")) {
      mistakes.add("--jobJar=" + jobJar + " is none: it is thin or shaded");
    }
    Installation installation = Installation.current();
    boolean local = master.equals(Stacks.addresses().get(Environment.FLINK_MASTER));
    boolean thin = jobJar == null ? local : jobJar.equals("thin");
    if (thin && local && Stacks.current().flink().isOutdated()) {
      mistakes.add(
          "the local Flink cluster was started by an older build: 'bin/millrace down', then"
              + " 'bin/millrace up'");
    }
    Path jar = thin ? installation.thinJobJar() : installation.shadedJobJar();
    List<Path> jars = new ArrayList<>();
    if (Files.isReadable(jar)) {
      jars.add(jar);
    } else {
      mistakes.add(jar + " is missing: run 'mvn -DskipTests package'");
    }
    return jars;
  }
}
