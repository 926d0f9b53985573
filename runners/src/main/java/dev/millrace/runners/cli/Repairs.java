package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Run;
import dev.millrace.io.jdbc.ShadowRun;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.runners.repair.Replay;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What the commands that repair the past have in common. */
final class Repairs {
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
