package dev.millrace.runners.certify;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.feed.Feed;
import dev.millrace.runners.launch.EmbeddedFlink;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * What a certification has come to, on a page.
 *
 * @param pipeline that was run
 * @param events how many were made up
 * @param seed of them, of their faults and of the failures
 * @param versions of all that took part
 * @param sent records of each kind
 * @param conflicting ids of which two events say different things: their amounts are left out
 * @param trials the first one is what the others are compared with
 * @param findings of all comparisons
 */
public record Certificate(
    String pipeline,
    long events,
    long seed,
    String versions,
    Feed.Sent sent,
    List<String> conflicting,
    List<Trial> trials,
    List<Finding> findings) {

  static String versions(String millrace, Database database) throws SQLException {
    try (Connection connection = database.connect()) {
      return "Millrace %s, Beam %s, Flink %s, Kafka %s, PostgreSQL %s, Java %s"
          .formatted(
              millrace,
              ReleaseInfo.getReleaseInfo().getVersion(),
              EmbeddedFlink.version(),
              AppInfoParser.getVersion(),
              connection.getMetaData().getDatabaseProductVersion(),
              Runtime.version().feature());
    }
  }

  /** Whether every comparison found the same. */
  public boolean isEqual() {
    return findings.stream().allMatch(Finding::isEqual);
  }

  /** The page. */
  @Override
  public String toString() {
    StringBuilder page = new StringBuilder();
    line(page, "CERTIFICATE of the pipeline " + pipeline);
    line(page, versions);
    line(page, "");
    line(page, "%,d events of seed %d, sent as %,d records:".formatted(events, seed, sent.total()));
    line(
        page,
        "  %,d in time, but shuffled; %,d late; %,d twice; %,d malformed; %,d conflicting"
            .formatted(
                sent.originals(),
                sent.late(),
                sent.duplicates(),
                sent.malformed(),
                sent.conflicting()));
    line(page, "");
    for (Trial each : trials) {
      line(page, describe(each));
    }
    line(page, "");
    line(page, AsciiTable.getTable(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS, tables(), columns()));
    if (!conflicting.isEmpty()) {
      line(
          page,
          "Left out, since their events conflict: the amounts of "
              + String.join(", ", conflicting));
    }
    line(page, "");
    findings.stream()
        .filter(each -> each.about().equals(Finding.ACCOUNTS))
        .forEach(each -> line(page, each.trial() + "  " + each.digest()));
    line(page, "");
    findings.stream()
        .filter(each -> !each.isEqual())
        .forEach(
            each -> {
              line(page, "%s, %s:".formatted(each.trial(), each.about()));
              each.differences().forEach(difference -> line(page, "  " + difference));
            });
    page.append(
        isEqual()
            ? "EQUAL: every trial left the same rows, and every record is accounted for."
            : "DIFFERENT: see above.");
    return page.toString();
  }

  private static void line(StringBuilder page, String text) {
    page.append(text).append('\n');
  }

  private static String describe(Trial trial) {
    String text =
        "%s  %s, %.1f s".formatted(trial.name(), trial.what(), trial.took().toMillis() / 1000.0);
    if (!trial.failures().isEmpty()) {
      text +=
          "; went on %d times from checkpoints, after failures at %s; late records: %s"
              .formatted(
                  trial.restores(),
                  String.join(", ", trial.failures()),
                  trial.late().toString().toLowerCase(Locale.ROOT).replace('_', ' '));
    }
    return text;
  }

  /** One finding of each table, and so on. */
  private List<Finding> tables() {
    Map<String, Finding> first = new LinkedHashMap<>();
    findings.stream()
        .filter(each -> !each.about().equals(Finding.ACCOUNTS))
        .forEach(each -> first.putIfAbsent(each.about(), each));
    return List.copyOf(first.values());
  }

  private List<ColumnData<Finding>> columns() {
    List<ColumnData<Finding>> columns = new ArrayList<>();
    columns.add(
        new Column().header("compared").dataAlign(HorizontalAlign.LEFT).with(Finding::about));
    columns.add(
        new Column()
            .header("rows")
            .dataAlign(HorizontalAlign.RIGHT)
            .with(each -> "%,d".formatted(each.rows())));
    columns.add(new Column().header("A").with(Finding::digest));
    for (Trial trial : trials.subList(1, trials.size())) {
      columns.add(
          new Column().header(trial.name()).with(each -> verdict(each.about(), trial.name())));
    }
    return columns;
  }

  private String verdict(String about, String trial) {
    return findings.stream()
        .filter(each -> each.about().equals(about) && each.trial().equals(trial))
        .findFirst()
        .map(each -> each.isEqual() ? "equal" : "DIFFERENT")
        .orElse("");
  }
}
