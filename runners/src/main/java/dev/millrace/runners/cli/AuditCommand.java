package dev.millrace.runners.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.millrace.io.jdbc.Balance;
import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.LedgerRows;
import dev.millrace.pipelines.archive.ArchivePipeline;
import dev.millrace.runners.feed.Events;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows whether every record that a run has read is accounted for. */
@Command(
    name = "audit",
    description =
        "Show, by window of event time, whether every record that a run has read is somewhere: "
            + "read = written + duplicate + dead letter + late + filtered.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "A window is open until the watermark has passed it by the allowed lateness and a window's",
      "size, its rows are final, and a checkpoint holds that. Exit code 1 if a window that is closed",
      "doesn't balance.",
    })
final class AuditCommand implements Callable<Integer> {

  @Parameters(paramLabel = "PIPELINE", description = "orders, traffic or archive.")
  private String pipeline;

  @Option(names = "--run", paramLabel = "ID", description = "Of ops.runs. Default: the last one.")
  private @Nullable Long run;

  @Option(
      names = "--windows",
      paramLabel = "N",
      description = "Show the last so many windows, and all that don't balance.")
  private int shown = 25;

  @Mixin private DatabaseOptions options;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>();
    List<String> pipelines = new ArrayList<>(Events.pipelines());
    pipelines.add(ArchivePipeline.NAME);
    if (!pipelines.contains(pipeline)) {
      mistakes.add(
          "'" + pipeline + "' is no pipeline: it is one of " + String.join(", ", pipelines));
    }
    if (shown < 0) {
      mistakes.add("--windows=" + shown + " is none: it is 0 or more");
    }
    Database database = options.database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    Databases.check(database, new LedgerRows(0, pipeline).tables());
    try (Connection connection = database.connect()) {
      long chosen =
          run != null
              ? run
              : Balance.lastRun(connection, pipeline)
                  .orElseThrow(
                      () -> new FailedException(List.of("no run of " + pipeline + " yet")));
      return report(chosen, Balance.of(connection, pipeline, chosen));
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  private int report(long chosen, List<Balance> windows) {
    if (windows.isEmpty()) {
      throw new FailedException(
          List.of(
              "run "
                  + chosen
                  + " has no accounts of "
                  + pipeline
                  + ": it isn't one of its runs (see ops.runs), has read nothing, or has had no"
                  + " checkpoint yet"));
    }
    List<Balance> lines = new ArrayList<>();
    Balance sum = null;
    for (int i = 0; i < windows.size(); i++) {
      Balance each = windows.get(i);
      sum = sum == null ? each : sum.plus(each);
      if (i >= windows.size() - shown || each.isWrong()) {
        lines.add(each);
      }
    }
    System.out.println("Run " + chosen + " of " + pipeline);
    System.out.println(table(lines));
    long wrong = windows.stream().filter(Balance::isWrong).count();
    long open = windows.stream().filter(each -> !each.closed()).count();
    System.out.printf(
        "%,d windows, %,d of them open: %s%s%n",
        windows.size(),
        open,
        sum.equation(),
        sum.missing() == 0 ? "" : " + on their way or missing " + "%,d".formatted(sum.missing()));
    if (wrong > 0) {
      System.out.println(
          wrong == 1
              ? "One closed window does not balance."
              : "%,d closed windows do not balance.".formatted(wrong));
      return 1;
    }
    System.out.println(
        open == windows.size() ? "No window is closed yet." : "Every closed window balances.");
    return 0;
  }

  private static String table(List<Balance> lines) {
    List<ColumnData<Balance>> columns = new ArrayList<>();
    columns.add(new Column().header("window").with(each -> each.window().toString()));
    columns.add(number("read", Balance::read));
    columns.add(number("written", Balance::written));
    columns.add(number("duplicate", Balance::duplicate));
    columns.add(number("dead letter", Balance::deadLetter));
    columns.add(number("late", Balance::late));
    columns.add(number("filtered", Balance::filtered));
    columns.add(new Column().header("").with(AuditCommand::verdict));
    return AsciiTable.getTable(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS, lines, columns);
  }

  private static String verdict(Balance window) {
    if (!window.closed()) {
      return "open";
    }
    if (window.missing() == 0) {
      return "balanced";
    }
    return window.missing() > 0
        ? "%,d missing".formatted(window.missing())
        : "%,d too many".formatted(-window.missing());
  }

  private static ColumnData<Balance> number(String header, ToLongFunction<Balance> value) {
    return new Column()
        .header(header)
        .dataAlign(HorizontalAlign.RIGHT)
        .with(each -> "%,d".formatted(value.applyAsLong(each)));
  }
}
