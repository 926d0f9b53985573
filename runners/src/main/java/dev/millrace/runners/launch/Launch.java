package dev.millrace.runners.launch;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A choice of runner with its options, ready to run a pipeline. */
public final class Launch {
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  private final String pipeline;
  private final List<String> arguments;
  private final Class<? extends PipelineOptions> optionsType;
  private final @Nullable FlinkTarget flink;

  private Launch(
      String pipeline,
      Map<String, String> defaults,
      List<String> runnerOptions,
      Class<? extends PipelineOptions> optionsType,
      @Nullable FlinkTarget flink) {
    this.pipeline = pipeline;
    this.optionsType = optionsType;
    this.flink = flink;
    this.arguments = new ArrayList<>(runnerOptions);
    defaults.forEach(
        (name, value) -> {
          // An option that is given twice is an error to Beam; the user's rules.
          if (runnerOptions.stream().noneMatch(given -> given.startsWith("--" + name + "="))) {
            arguments.add("--" + name + "=" + value);
          }
        });
  }

  /** DirectRunner in this process; its checks of our code, half of its time, are for the tests. */
  public static Launch direct(String pipeline, int parallelism, List<String> runnerOptions) {
    Map<String, String> defaults = new LinkedHashMap<>();
    defaults.put("runner", "DirectRunner");
    defaults.put("jobName", uniqueName(pipeline));
    defaults.put("targetParallelism", Integer.toString(parallelism));
    defaults.put("blockOnRun", "false");
    defaults.put("enforceImmutability", "false");
    defaults.put("enforceEncodability", "false");
    return new Launch(pipeline, defaults, runnerOptions, DirectOptions.class, null);
  }

  /** FlinkRunner; the defaults and their reasons are in docs/adr/0006-flink-options.md. */
  public static Launch flink(
      String pipeline, int parallelism, FlinkTarget target, List<String> runnerOptions) {
    long interval = target.checkpointingInterval().toMillis();
    Map<String, String> defaults = new LinkedHashMap<>();
    defaults.put("runner", "FlinkRunner");
    defaults.put("jobName", uniqueName(pipeline));
    defaults.put("flinkMaster", target.master());
    defaults.put("parallelism", Integer.toString(parallelism));
    // Not fasterCopy: Beam changes its set of merging windows in place, while a checkpoint of it is
    // being written.
    defaults.put("objectReuse", "true");
    defaults.put("maxBundleSize", "5000");
    defaults.put("maxBundleTimeMills", "100");
    defaults.put("autoWatermarkInterval", "100");
    defaults.put("finishBundleBeforeCheckpointing", "true");
    defaults.put("checkpointingInterval", Long.toString(interval));
    defaults.put("minPauseBetweenCheckpoints", Long.toString(interval / 2));
    defaults.put("externalizedCheckpointsEnabled", "true");
    defaults.put("retainExternalizedCheckpointsOnCancellation", "true");
    defaults.put("jobCheckIntervalInSecs", "1");
    // In this process, a job that isn't attached loses its cluster before it can be asked how it
    // is.
    defaults.put("attachedMode", Boolean.toString(!target.isCluster()));
    if (!target.isCluster()) {
      defaults.put("flinkConfDir", InProcessFlink.configuration().toString());
    }
    if (!target.jobJars().isEmpty()) {
      defaults.put(
          "filesToStage",
          target.jobJars().stream().map(Object::toString).collect(Collectors.joining(",")));
    }
    if (target.savepointPath() != null) {
      defaults.put("savepointPath", target.savepointPath());
    }
    return new Launch(pipeline, defaults, runnerOptions, FlinkPipelineOptions.class, target);
  }

  /**
   * Proves that what is to run the pipeline is there.
   *
   * @return what is wrong, for the user; empty if nothing is
   */
  public Optional<String> unreachable() {
    return flink == null || !flink.isCluster() || FlinkJobs.answers(flink.master())
        ? Optional.empty()
        : Optional.of(
            "no Flink cluster answers at "
                + flink.master()
                + ": is it running, and is this its REST address?");
  }

  /** What Beam says against these options, a sentence each. */
  public static List<String> mistakesIn(List<String> runnerOptions) {
    PipelineOptionsFactory.register(FlinkPipelineOptions.class);
    PipelineOptionsFactory.register(DirectOptions.class);
    List<String> mistakes = new ArrayList<>();
    for (String option : runnerOptions) {
      if (!option.matches("--\\w+=.*")) {
        String name = option.startsWith("--") ? "unknown option: " : "unexpected argument: ";
        mistakes.add(name + option);
        continue;
      }
      String name = option.substring(2, option.indexOf('='));
      try {
        PipelineOptionsFactory.fromArgs(option).create();
      } catch (IllegalArgumentException e) {
        mistakes.add(
            String.valueOf(e.getMessage()).contains("missing a property")
                ? "unknown option: --" + name
                : option + " is not understood: " + firstLine(e));
      }
    }
    return mistakes;
  }

  /**
   * Builds the pipeline, runs it, and tells how it goes.
   *
   * @param progress what else to tell while it runs; may be empty
   * @return the exit code: 0 done (or submitted), 1 failed
   */
  public int run(Consumer<Pipeline> graph, Supplier<String> progress, Told told) {
    PipelineOptions options =
        PipelineOptionsFactory.fromArgs(arguments.toArray(new String[0])).as(optionsType);
    Pipeline built = Pipeline.create(options);
    graph.accept(built);
    return new Follow(pipeline, options.getJobName(), flink, progress, told).run(built);
  }

  private static String uniqueName(String pipeline) {
    String stamp = LocalDateTime.now(ZoneOffset.UTC).format(STAMP);
    return "%s-%s-%04x".formatted(pipeline, stamp, ThreadLocalRandom.current().nextInt(0x10000));
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
