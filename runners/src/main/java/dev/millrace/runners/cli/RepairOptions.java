package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.runners.launch.Launch;
import dev.millrace.runners.repair.Backfill;
import dev.millrace.runners.repair.PastSource;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.time.EventTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of commands that run a graph over records of the past. */
final class RepairOptions {

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; kept in ops.runs, and with records that a fix changes.")
  private @Nullable String reason;

  @Option(
      names = "--who",
      paramLabel = "NAME",
      description = "Who; kept with it. Default: the user and host of this command.")
  private @Nullable String who;

  @Mixin private RepairSourceOptions source;
  @Mixin private AdmissionOptions admission;
  @Mixin private DatabaseOptions database;
  @Mixin private RunnerOptions runner;

  /** Why; null if nobody said so. */
  @Nullable String reason() {
    return reason;
  }

  /** The given name, or user@host. */
  String who() {
    return Repairs.who(who);
  }

  /**
   * What is needed to run the graph.
   *
   * @param log where the records are; null if the pipeline needs none but those that are kept
   */
  record Prepared(
      Database database,
      EventTime eventTime,
      AdmissionRule rule,
      @Nullable PastSource log,
      Backfill.Runner runner) {}

  /** Of a command that reads the past, whatever the pipeline. */
  Prepared prepare(@Nullable RepairedPipeline pipeline, CommandSpec spec, List<String> mistakes) {
    return prepare(pipeline, true, spec, mistakes);
  }

  /** Of a command that reads kept records, and the past only if the pipeline has windows. */
  Prepared prepareForKept(
      @Nullable RepairedPipeline pipeline, CommandSpec spec, List<String> mistakes) {
    return prepare(pipeline, pipeline != null && pipeline.rerunsWindows(), spec, mistakes);
  }

  /**
   * Checks all options, and that everything is there.
   *
   * @param mistakes found so far: all are reported together
   */
  private Prepared prepare(
      @Nullable RepairedPipeline pipeline,
      boolean readsThePast,
      CommandSpec spec,
      List<String> mistakes) {
    EventTime eventTime = source.eventTime(mistakes);
    List<String> passedOn = spec.commandLine().getParseResult().unmatched();
    AdmissionRule rule = null;
    PastSource log = null;
    if (pipeline != null) {
      rule = admission.rule(pipeline.admission(), false, false, mistakes);
      if (readsThePast) {
        log = source.source(pipeline, rule, eventTime, mistakes);
      } else {
        source.refuse(spec.name() + " " + pipeline.name(), mistakes);
      }
      runner.refuseStreaming(spec.name(), mistakes);
      runner.launch(pipeline.name(), passedOn, mistakes);
    }
    Database target = database.database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    List<RequiredTable> required = new ArrayList<>(pipeline.required());
    required.add(PipelineRun.RUNS);
    Databases.check(target, required);
    launch(pipeline, passedOn)
        .unreachable()
        .ifPresent(
            unreachable -> {
              throw new FailedException(List.of(unreachable));
            });
    return new Prepared(
        target,
        eventTime,
        runner.fitted(rule),
        log,
        (graph, told) -> launch(pipeline, passedOn).run(graph, () -> "", told));
  }

  private Launch launch(RepairedPipeline pipeline, List<String> passedOn) {
    return Objects.requireNonNull(runner.launch(pipeline.name(), passedOn, new ArrayList<>()));
  }
}
