package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.Run;
import dev.millrace.io.jdbc.ShadowRun;
import dev.millrace.runners.launch.Launch;
import dev.millrace.runners.repair.Backfill;
import dev.millrace.runners.repair.PastSource;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.runners.repair.Replay;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.time.EventTime;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** What the commands that repair the past have in common. */
final class Repairs {
  /** Commands that need a source, whatever the pipeline. */
  private static final Set<String> READ_THE_PAST = Set.of("backfill", "daily");

  private Repairs() {}

  /** The pipeline of this name; null if there is a mistake, which is added. */
  static @Nullable RepairedPipeline pipeline(@Nullable String name, List<String> mistakes) {
    if (name == null) {
      return null; // Picocli has said so.
    }
    Optional<RepairedPipeline> found = RepairedPipeline.of(name);
    if (found.isEmpty()) {
      mistakes.add(
          "'%s' is no pipeline: it is %s"
              .formatted(name, RepairedPipeline.names().collect(Collectors.joining(" or "))));
    }
    return found.orElse(null);
  }

  /** The days from the first to the last; empty if there is a mistake, which is added. */
  static List<@Nullable LocalDate> days(
      @Nullable LocalDate from, @Nullable LocalDate to, int most, List<String> mistakes) {
    if (from == null) {
      mistakes.add("--from is missing: give the first day, like --from=2026-05-04");
      return List.of();
    }
    LocalDate last = to == null ? from : to;
    long days = ChronoUnit.DAYS.between(from, last) + 1;
    if (days < 1) {
      mistakes.add("--from=%s is after --to=%s: turn them round".formatted(from, last));
      return List.of();
    }
    if (days > most) {
      mistakes.add(
          "--from=%s to --to=%s are %,d days, and at most %,d go at once"
              .formatted(from, last, days, most));
      return List.of();
    }
    return from.datesUntil(last.plusDays(1)).collect(Collectors.toList());
  }

  /** The given name, or user@host. */
  static String who(@Nullable String given) {
    if (given != null && !given.isBlank()) {
      return given;
    }
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown";
    }
    return System.getProperty("user.name") + "@" + host;
  }

  /** The run of this number, with tables of its own. */
  static ShadowRun shadowRun(Connection connection, long number) throws SQLException {
    Run run =
        Run.of(connection, number)
            .orElseThrow(
                () ->
                    new FailedException(
                        List.of("there is no run " + number + ": ops.runs has them")));
    RepairedPipeline pipeline =
        RepairedPipeline.of(run.pipeline())
            .orElseThrow(
                () ->
                    new FailedException(
                        List.of(
                            "run %d is of %s, which this release doesn't know"
                                .formatted(number, run.pipeline()))));
    return ShadowRun.of(pipeline.tables(), run);
  }

  /**
   * What a command that runs a graph over records of the past needs.
   *
   * @param log where the records are; null if the pipeline needs none but those that are kept
   */
  record Prepared(
      Database database,
      EventTime eventTime,
      AdmissionRule rule,
      @Nullable PastSource log,
      Backfill.Runner runner) {}

  /**
   * Checks all options, and that everything is there.
   *
   * @param mistakes found so far: all are reported together
   */
  static Prepared prepare(
      @Nullable RepairedPipeline pipeline,
      RepairSourceOptions source,
      AdmissionOptions admission,
      DatabaseOptions database,
      RunnerOptions runner,
      CommandSpec spec,
      String command,
      List<String> mistakes) {
    EventTime eventTime = source.eventTime(mistakes);
    List<String> passedOn = spec.commandLine().getParseResult().unmatched();
    AdmissionRule rule = null;
    PastSource log = null;
    if (pipeline != null) {
      rule = admission.rule(pipeline.admission(), false, false, mistakes);
      if (READ_THE_PAST.contains(command) || pipeline.rerunsWindows()) {
        log = source.source(pipeline, rule, eventTime, mistakes);
      } else {
        source.refuse(command + " " + pipeline.name(), mistakes);
      }
      runner.refuseStreaming(command, mistakes);
      runner.launch(pipeline.name(), passedOn, mistakes);
    }
    Database target = database.database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    List<RequiredTable> required = new ArrayList<>(pipeline.required());
    required.add(PipelineRun.RUNS);
    Databases.check(target, required);
    launch(runner, pipeline, passedOn)
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
        (graph, told) -> launch(runner, pipeline, passedOn).run(graph, () -> "", told));
  }

  private static Launch launch(
      RunnerOptions runner, RepairedPipeline pipeline, List<String> passedOn) {
    return Objects.requireNonNull(runner.launch(pipeline.name(), passedOn, new ArrayList<>()));
  }

  /** Runs a replay and tells what came of it. */
  static int report(Replay replay, ToIntFunction<Replay.Outcome> print) {
    Replay.Outcome outcome;
    try {
      outcome = replay.run();
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
    if (outcome.runs().isEmpty() && outcome.waiting() == 0) {
      System.out.println("There is nothing to do.");
      return 0;
    }
    int code = print.applyAsInt(outcome);
    if (!outcome.runs().isEmpty()) {
      System.out.println(
          "Runs: " + String.join(", ", outcome.runs().stream().map(String::valueOf).toList()));
    }
    if (outcome.waiting() > 0) {
      System.out.println(
          "%,d wait: their windows are still open, and the live run may write them. Try again when they are closed"
              .formatted(outcome.waiting()));
    }
    if (outcome.done() + outcome.failed() + outcome.parked() >= Replay.MOST) {
      System.out.println("There may be more: run the same command again");
    }
    return code;
  }
}
