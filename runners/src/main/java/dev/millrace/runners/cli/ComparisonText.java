package dev.millrace.runners.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.millrace.io.jdbc.TableComparison;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A comparison as text for a terminal. */
final class ComparisonText {
  private static final int MAX_COLUMN_WIDTH = 60;

  private ComparisonText() {}

  /** What is to be printed. */
  static String of(Compared compared) {
    TableComparison.Result result = compared.result();
    StringBuilder text = new StringBuilder();
    text.append(result.a()).append(" and ").append(result.b()).append('\n');
    text.append(sums(result)).append('\n');
    result
        .onlyInOne()
        .forEach(each -> text.append("Only one has the column ").append(each).append('\n'));
    if (result.differences() == 0) {
      return text.append("No row differs.\n").toString();
    }
    text.append(counts(result)).append('\n');
    text.append(rows(compared.differences())).append('\n');
    if (compared.notShown() > 0) {
      text.append(
          "and %,d more: --rows=N shows N, --format=json all of them\n"
              .formatted(compared.notShown()));
    }
    return text.toString();
  }

  /** How many rows differ in which way. */
  static String counts(TableComparison.Result result) {
    StringJoiner columns = new StringJoiner(", ");
    result.changedColumns().forEach((name, rows) -> columns.add("%s in %,d".formatted(name, rows)));
    return "%,d rows differ: %,d missing in %s, %,d extra in it, %,d changed%s"
        .formatted(
            result.differences(),
            result.missing(),
            result.b(),
            result.extra(),
            result.changed(),
            result.changed() == 0 ? "" : " (" + columns + ")");
  }

  private static String sums(TableComparison.Result result) {
    List<Object[]> lines = new ArrayList<>();
    lines.add(
        new Object[] {
          "rows",
          "%,d".formatted(result.rowsA()),
          "%,d".formatted(result.rowsB()),
          "%,d".formatted(result.rowsB() - result.rowsA())
        });
    for (TableComparison.Sums each : result.sums()) {
      lines.add(line("sum of " + each.column(), each.sumA(), each.sumB()));
      lines.add(line("average of " + each.column(), each.averageA(), each.averageB()));
    }
    return AsciiTable.getTable(
        AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
        new Column[] {
          new Column().header(""), number(result.a()), number(result.b()), number("difference")
        },
        lines.toArray(new Object[0][]));
  }

  private static Column number(String header) {
    return new Column().header(header).dataAlign(HorizontalAlign.RIGHT);
  }

  private static Object[] line(String name, @Nullable BigDecimal a, @Nullable BigDecimal b) {
    return new Object[] {
      name, plain(a), plain(b), a == null || b == null ? "" : plain(b.subtract(a))
    };
  }

  private static String plain(@Nullable BigDecimal number) {
    return number == null ? "" : number.toPlainString();
  }

  private static String rows(List<TableComparison.Difference> differences) {
    List<Object[]> lines = new ArrayList<>();
    for (TableComparison.Difference each : differences) {
      StringJoiner columns = new StringJoiner(", ");
      each.columns().forEach((name, values) -> columns.add(column(each, name, values)));
      lines.add(new Object[] {each.kind(), String.join(", ", each.key().values()), columns});
    }
    return AsciiTable.getTable(
        AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
        new Column[] {
          new Column().header("row is"),
          new Column()
              .header(String.join(", ", differences.get(0).key().keySet()))
              .maxWidth(MAX_COLUMN_WIDTH),
          new Column().header("columns").maxWidth(MAX_COLUMN_WIDTH).dataAlign(HorizontalAlign.LEFT)
        },
        lines.toArray(new Object[0][]));
  }

  /** A column of a row that differs: before and after, or what one side has. */
  static String column(
      TableComparison.Difference difference, String name, List<@Nullable String> values) {
    return switch (difference.kind()) {
      case "missing" -> name + ": " + values.get(0);
      case "extra" -> name + ": " + values.get(1);
      default -> name + ": " + values.get(0) + " -> " + values.get(1);
    };
  }
}
