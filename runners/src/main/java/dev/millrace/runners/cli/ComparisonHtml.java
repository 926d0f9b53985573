package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.TableComparison;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Collectors;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Comparisons as a page that needs nothing else. */
final class ComparisonHtml {
  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>Comparison</title><style>
      body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; max-width: 70em; }
      table { border-collapse: collapse; margin: 1em 0; }
      th, td { border: 1px solid #bbb; padding: .25em .6em; text-align: left; }
      td.number { text-align: right; font-variant-numeric: tabular-nums; }
      .missing { background: #fbe4e4; } .extra { background: #e4f4e4; } .changed { background: #fdf3d7; }
      </style></head><body>
      """;

  private ComparisonHtml() {}

  /** The document. */
  static String of(List<Compared> all) {
    StringBuilder page = new StringBuilder(HEAD);
    all.forEach(each -> write(page, each));
    return page.append("</body></html>\n").toString();
  }

  private static void write(StringBuilder page, Compared compared) {
    TableComparison.Result result = compared.result();
    page.append("<h1>%s and %s</h1>\n".formatted(safe(result.a()), safe(result.b())));
    page.append(
        "<table><tr><th></th><th>%s</th><th>%s</th><th>difference</th></tr>\n"
            .formatted(safe(result.a()), safe(result.b())));
    line(page, "rows", BigDecimal.valueOf(result.rowsA()), BigDecimal.valueOf(result.rowsB()));
    for (TableComparison.Sums each : result.sums()) {
      line(page, "sum of " + each.column(), each.sumA(), each.sumB());
      line(page, "average of " + each.column(), each.averageA(), each.averageB());
    }
    page.append("</table>\n");
    result
        .onlyInOne()
        .forEach(each -> page.append("<p>Only one has the column %s.</p>\n".formatted(safe(each))));
    page.append(
        "<p>%s.</p>\n"
            .formatted(
                result.differences() == 0
                    ? "No row differs"
                    : safe(ComparisonText.counts(result))));
    if (!compared.differences().isEmpty()) {
      rows(page, compared);
    }
  }

  private static void line(
      StringBuilder page, String name, @Nullable BigDecimal a, @Nullable BigDecimal b) {
    page.append("<tr><th>%s</th>".formatted(safe(name)));
    number(page, a);
    number(page, b);
    number(page, a == null || b == null ? null : b.subtract(a));
    page.append("</tr>\n");
  }

  private static void number(StringBuilder page, @Nullable BigDecimal number) {
    page.append(
        "<td class=\"number\">%s</td>".formatted(number == null ? "" : number.toPlainString()));
  }

  private static void rows(StringBuilder page, Compared compared) {
    page.append("<table><tr><th>row is</th>");
    compared
        .differences()
        .get(0)
        .key()
        .keySet()
        .forEach(each -> page.append("<th>%s</th>".formatted(safe(each))));
    page.append("<th>columns</th></tr>\n");
    for (TableComparison.Difference each : compared.differences()) {
      page.append("<tr class=\"%1$s\"><td>%1$s</td>".formatted(each.kind()));
      each.key().values().forEach(value -> page.append("<td>%s</td>".formatted(safe(value))));
      String columns =
          each.columns().entrySet().stream()
              .map(column -> safe(ComparisonText.column(each, column.getKey(), column.getValue())))
              .collect(Collectors.joining("<br>"));
      page.append("<td>%s</td></tr>\n".formatted(columns));
    }
    page.append("</table>\n");
    if (compared.notShown() > 0) {
      page.append("<p>And %,d more.</p>\n".formatted(compared.notShown()));
    }
  }

  private static String safe(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
