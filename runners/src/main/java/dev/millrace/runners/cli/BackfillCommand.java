package dev.millrace.runners.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.millrace.runners.repair.Backfill;
import dev.millrace.runners.repair.RepairedPipeline;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes past days anew. */
@Command(
    name = "backfill",
    description =
        "Make the rows of past days anew, a run for each day, from the log or from files. A run writes "
            + "beside the live tables; 'compare' shows what would change, 'swap' changes it, 'discard' drops it.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "A day is one of event time, UTC. The same command again goes on where it was stopped.",
      "Any other option of the runner is passed on.",
    })
final class BackfillCommand implements Callable<Integer>, TellsAllMistakes {
  private static final int MAX_DAYS = 366;

  @Parameters(paramLabel = "PIPELINE", description = "orders or traffic.")
  private @Nullable String pipeline;

  @Option(
      names = "--from",
      paramLabel = "DAY",
      converter = DayConverter.class,
      description = "The first day, like 2026-05-04.")
  private @Nullable LocalDate from;

  @Option(
      names = "--to",
      paramLabel = "DAY",
      converter = DayConverter.class,
      description = "The last day. Default: the first.")
  private @Nullable LocalDate to;

  @Option(
      names = "--full",
      description = "Everything that the source has, in one run, instead of days.")
  private boolean full;

  @Option(names = "--shadow", description = "Write beside the live tables. The default.")
  private boolean shadow;

  @Option(
      names = "--direct",
      description =
          "Write into the live tables: adds what is missing; rows that are wrong there may stay"
              + " (orders), or that shouldn't be there (both).")
  private boolean direct;

  @Option(names = "--max-active", paramLabel = "N", description = "How many days run at once.")
  private int maxActive = 2;

  @Option(names = "--again", description = "Run days, too, that are done and not swapped yet.")
  private boolean again;

  @Mixin private RepairOptions repair;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsing(spec));
    List<@Nullable LocalDate> days = days(mistakes);
    if (shadow && direct) {
      mistakes.add("--shadow and --direct: choose one");
    }
    if (maxActive < 1) {
      mistakes.add("--max-active=" + maxActive + " is none: it is 1 or more");
    }
    RepairedPipeline repaired = Repairs.pipeline(pipeline, mistakes);
    RepairOptions.Prepared prepared = repair.prepare(repaired, spec, mistakes);
    Backfill backfill =
        new Backfill(
            new Backfill.Wish(
                repaired,
                prepared.database(),
                direct,
                again,
                maxActive,
                prepared.eventTime(),
                prepared.rule(),
                Version.current(),
                repair.who(),
                repair.reason()),
            prepared.log(),
            prepared.runner());
    return report(days, run(backfill, days));
  }

  private List<@Nullable LocalDate> days(List<String> mistakes) {
    if (full) {
      if (from != null || to != null) {
        mistakes.add("--full is everything: it takes no --from and --to");
      }
      return Collections.singletonList(null);
    }
    return Repairs.days(from, to, MAX_DAYS, mistakes);
  }

  static List<Backfill.Outcome> run(Backfill backfill, List<@Nullable LocalDate> days) {
    AtomicLong read = new AtomicLong();
    long begin = System.nanoTime();
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(days.size() == 1 ? "day" : "days")
            .setInitialMax(days.size())
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(1_000)
            .build()) {
      return backfill.run(
          days,
          new Backfill.Listener() {
            @Override
            public void read(long more) {
              double seconds = Math.max(1e-3, (System.nanoTime() - begin) / 1e9);
              bar.setExtraMessage(" %,.0f records/s".formatted(read.addAndGet(more) / seconds));
            }

            @Override
            public void ended(Backfill.Outcome outcome) {
              bar.step();
            }
          });
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  private int report(List<@Nullable LocalDate> days, List<Backfill.Outcome> outcomes) {
    System.out.println(table(outcomes));
    List<Backfill.Outcome> failed =
        outcomes.stream().filter(each -> each.failure() != null).toList();
    failed.forEach(
        each ->
            System.err.println(
                "millrace: " + name(each.day()) + ": " + Causes.describe(each.failure())));
    if (!failed.isEmpty()) {
      System.err.println(
          "millrace: %,d of %,d failed, and left nothing behind: the same command again runs them, and skips those that are done"
              .formatted(failed.size(), days.size()));
      return 1;
    }
    if (!direct) {
      String runs = String.join(" ", outcomes.stream().map(each -> "" + each.run()).toList());
      System.out.println("What would change: bin/millrace compare " + runs);
      System.out.println("To change it:      bin/millrace swap " + runs);
    }
    return 0;
  }

  private static String table(List<Backfill.Outcome> outcomes) {
    List<ColumnData<Backfill.Outcome>> columns = new ArrayList<>();
    columns.add(new Column().header("day").with(each -> name(each.day())));
    columns.add(
        new Column()
            .header("run")
            .dataAlign(HorizontalAlign.RIGHT)
            .with(each -> each.run() == 0 ? "" : "" + each.run()));
    columns.add(
        new Column()
            .header("records read")
            .dataAlign(HorizontalAlign.RIGHT)
            .with(each -> each.skipped() ? "" : "%,d".formatted(each.records())));
    columns.add(new Column().header("").with(BackfillCommand::state));
    return AsciiTable.getTable(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS, outcomes, columns);
  }

  private static String state(Backfill.Outcome outcome) {
    if (outcome.failure() != null) {
      return "failed";
    }
    return outcome.skipped() ? "done before (--again runs it anew)" : "done";
  }

  private static String name(@Nullable LocalDate day) {
    return day == null ? "everything" : day.toString();
  }
}
