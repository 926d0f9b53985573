package dev.millrace.runners.cli;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import dev.millrace.io.jdbc.Completions;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.ShadowRun;
import dev.millrace.runners.repair.Backfill;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.transforms.time.TimeRange;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Publishes a day, once its source has all of it. */
@Command(
    name = "daily",
    description =
        "Publish a day: wait until its source has all of it, make it beside the live tables, put it in "
            + "their place, and say so in ops.completions. For cron, Airflow and the like.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Exit code 0: the day is published; 1: it is not, and nothing of it; 2: wrong usage.",
      "Any other option of the runner is passed on.",
    })
final class DailyCommand implements Callable<Integer>, TellsAllMistakes {

  @Parameters(paramLabel = "PIPELINE", description = "orders or traffic.")
  private @Nullable String pipeline;

  @Option(
      names = "--date",
      paramLabel = "DAY",
      required = true,
      converter = DayConverter.class,
      description = "The day of event time, UTC, like 2026-05-04.")
  private @Nullable LocalDate date;

  @Option(
      names = "--wait",
      defaultValue = "60m",
      converter = DurationConverter.class,
      description = "How long to wait for the source, and for --after.")
  private Duration wait = Duration.ofMinutes(60);

  @Option(
      names = "--poll",
      defaultValue = "60s",
      converter = DurationConverter.class,
      description = "How long between two looks.")
  private Duration poll = Duration.ofSeconds(60);

  @Option(
      names = "--after",
      split = ",",
      paramLabel = "PIPELINE",
      description = "Wait, too, until the day of these pipelines is published.")
  private List<String> after = List.of();

  @Option(names = "--again", description = "Publish a day anew that is published already.")
  private boolean again;

  @Mixin private RepairOptions repair;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsing(spec));
    RepairedPipeline repaired = Repairs.pipeline(pipeline, mistakes);
    after.forEach(each -> Repairs.pipeline(each, mistakes));
    if (poll.isZero() || poll.isNegative()) {
      mistakes.add("--poll is none: it is more than 0s");
    }
    RepairOptions.Prepared prepared = repair.prepare(repaired, spec, mistakes);
    Databases.check(prepared.database(), List.<RequiredTable>of(Completions.table()));
    try (Connection connection = prepared.database().connect()) {
      if (!again && Completions.of(connection, repaired.name(), date).isPresent()) {
        System.out.println(date + " of " + repaired.name() + " is published already");
        return 0;
      }
      await(connection, prepared);
      long run = make(repaired, prepared);
      publish(connection, repaired, run);
      return 0;
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    } catch (ShadowRun.RefusedException e) {
      throw new FailedException(e.reasons());
    }
  }

  private void await(Connection connection, RepairOptions.Prepared prepared) {
    int looks = (int) Math.min(1_000_000, Math.max(1, 1 + wait.toMillis() / poll.toMillis()));
    String lacking =
        Failsafe.with(
                RetryPolicy.<String>builder()
                    .handleResultIf(reason -> !reason.isEmpty())
                    .withMaxAttempts(looks)
                    .withDelay(poll)
                    .onRetryScheduled(e -> System.out.println("Waiting: " + e.getLastResult()))
                    .build())
            .get(() -> lacking(connection, prepared));
    if (!lacking.isEmpty()) {
      throw new FailedException(
          List.of(
              "%s, after %s: %s of %s is not published, and who depends on it waits"
                  .formatted(lacking, LatenessCommand.text(wait), date, pipeline)));
    }
  }

  /** What is missing; empty if nothing is. */
  private String lacking(Connection connection, RepairOptions.Prepared prepared)
      throws SQLException {
    for (String each : after) {
      if (Completions.of(connection, each, date).isEmpty()) {
        return date + " of " + each + " is not published yet";
      }
    }
    String lacks = prepared.log().lacks(TimeRange.of(date));
    return lacks == null ? "" : lacks;
  }

  private long make(RepairedPipeline repaired, RepairOptions.Prepared prepared)
      throws SQLException {
    Backfill backfill =
        new Backfill(
            new Backfill.Wish(
                repaired,
                prepared.database(),
                false,
                true,
                1,
                prepared.eventTime(),
                prepared.rule(),
                Version.current(),
                repair.who(),
                repair.reason() == null ? "daily" : repair.reason()),
            prepared.log(),
            prepared.runner());
    Backfill.Outcome outcome = BackfillCommand.run(backfill, List.of(date)).get(0);
    if (outcome.failure() != null) {
      throw new FailedException(Causes.describe(outcome.failure()), outcome.failure());
    }
    System.out.println("Run %d has read %,d records".formatted(outcome.run(), outcome.records()));
    return outcome.run();
  }

  private void publish(Connection connection, RepairedPipeline repaired, long run)
      throws SQLException, ShadowRun.RefusedException {
    Repairs.shadowRun(connection, run)
        .compare(connection, BigDecimal.ZERO, (table, difference) -> {});
    SwapCommand.print(run, Repairs.shadowRun(connection, run).swap(connection));
    Completions.add(connection, repaired.name(), date, run);
    System.out.println(date + " of " + repaired.name() + " is published");
  }
}
