package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.ShadowRun;
import dev.millrace.io.jdbc.TableComparison;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows how two tables, or a run's tables and the live ones, differ. */
@Command(
    name = "compare",
    description =
        "Compare the tables of backfills (by the numbers of their runs) with the live ones, as a swap "
            + "would replace them; or any two tables with each other: counts, sums, averages, and every row "
            + "that differs.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Exit code of two tables: 0 if no row differs, 1 if one does. Of runs: 0, as they are meant to.",
    })
final class CompareCommand implements Callable<Integer>, TellsAllMistakes {
  private static final int SHOWN_ON_TERMINAL = 100;

  @Parameters(
      paramLabel = "RUN... | TABLE TABLE",
      arity = "1..*",
      description = "Numbers of ops.runs, or two tables like gold.events_5m.")
  private List<String> compared = List.of();

  @Option(
      names = "--key",
      split = ",",
      paramLabel = "COLUMN",
      description = "What a row of two tables is known by. Default: the primary key.")
  private List<String> key = List.of();

  @Option(
      names = "--tolerance",
      paramLabel = "NUMBER",
      description = "By how much numbers may differ.")
  private BigDecimal tolerance = BigDecimal.ZERO;

  @Option(names = "--format", paramLabel = "text|json|html", description = "Of the output.")
  private String format = "text";

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where to write it. Default: standard output.")
  private @Nullable Path output;

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "How many differing rows to show. Default: 100 as text, else all.")
  private @Nullable Integer rows;

  @Mixin private DatabaseOptions database;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsingAndUnknown(spec));
    boolean runs = compared.stream().allMatch(each -> each.matches("\\d{1,18}"));
    if (!compared.isEmpty() && !runs && compared.size() != 2) {
      mistakes.add(
          "compare takes two tables, or numbers of runs, not " + String.join(" ", compared));
    }
    if (runs && !key.isEmpty()) {
      mistakes.add("--key has no meaning with runs: their tables have keys");
    }
    if (tolerance.signum() < 0) {
      mistakes.add("--tolerance=" + tolerance + " is none: it is 0 or more");
    }
    if (rows != null && rows < 0) {
      mistakes.add("--rows=" + rows + " is none: it is 0 or more");
    }
    if (!List.of("text", "json", "html").contains(format)) {
      mistakes.add("--format=" + format + " is none: it is text, json or html");
    }
    Database target = database.database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    List<Compared> all;
    try (Connection connection = target.connect()) {
      all = runs ? ofRuns(connection) : List.of(ofTables(connection));
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    } catch (ShadowRun.RefusedException e) {
      throw new FailedException(e.reasons());
    } catch (IllegalArgumentException e) {
      throw new FailedException(String.valueOf(e.getMessage()), e);
    }
    write(all);
    return runs || all.get(0).result().differences() == 0 ? 0 : 1;
  }

  private int shown() {
    return rows != null ? rows : format.equals("text") ? SHOWN_ON_TERMINAL : Integer.MAX_VALUE;
  }

  private Compared ofTables(Connection connection) throws SQLException {
    List<TableComparison.Difference> differences = new ArrayList<>();
    TableComparison.Result result =
        TableComparison.of(
                TableComparison.Side.of(compared.get(0)),
                TableComparison.Side.of(compared.get(1)),
                key,
                List.of(),
                tolerance)
            .run(connection, kept(differences));
    return new Compared(result, differences);
  }

  private List<Compared> ofRuns(Connection connection)
      throws SQLException, ShadowRun.RefusedException {
    List<Compared> all = new ArrayList<>();
    for (String number : compared) {
      Map<String, List<TableComparison.Difference>> differences = new HashMap<>();
      Map<String, TableComparison.Result> results =
          Repairs.shadowRun(connection, Long.parseLong(number))
              .compare(
                  connection,
                  tolerance,
                  (table, difference) ->
                      kept(differences.computeIfAbsent(table, name -> new ArrayList<>()))
                          .accept(difference));
      results.forEach(
          (table, result) ->
              all.add(new Compared(result, differences.getOrDefault(table, List.of()))));
    }
    return all;
  }

  private Consumer<TableComparison.Difference> kept(List<TableComparison.Difference> differences) {
    return difference -> {
      if (differences.size() < shown()) {
        differences.add(difference);
      }
    };
  }

  private void write(List<Compared> all) {
    String text =
        switch (format) {
          case "json" -> ComparisonJson.of(all);
          case "html" -> ComparisonHtml.of(all);
          default -> all.stream().map(ComparisonText::of).collect(Collectors.joining("\n"));
        };
    if (output == null) {
      System.out.print(text);
      return;
    }
    try {
      Files.writeString(output, text);
    } catch (IOException e) {
      throw new FailedException("can't write " + output + ": " + Causes.describe(e), e);
    }
    long differences = all.stream().mapToLong(each -> each.result().differences()).sum();
    System.out.println("%,d rows differ: see %s".formatted(differences, output));
  }
}
