package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.KeptRecords;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists dead letters or late records, without their payloads. */
@Command(
    name = "list",
    description = "How many there are of which kind, and the newest of them, without payloads.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class KeptListCommand implements Runnable, TellsAllMistakes {
  private static final String LETTERS =
      """
      select letter, failed_at, stage, error_class, attempt, state,
        source_topic || ' ' || source_partition || ':' || source_offset as origin, message
      """;
  private static final String LETTER_COUNTS =
      "select stage, error_class, state, count(*), min(failed_at) as first, max(failed_at) as last";
  private static final String LATE =
      """
      select letter, event_time, late_by, state, run_id as run,
        source_topic || ' ' || source_partition || ':' || source_offset as origin
      """;
  private static final String LATE_COUNTS =
      "select event_time::date as day, state, count(*), max(late_by) as latest";

  private final KeptRecords kept;

  @Option(
      names = "--state",
      split = ",",
      paramLabel = "STATE",
      description = "open, parked, replayed, reconciled, discarded. Default: open and parked.")
  private List<String> states = List.of("open", "parked");

  @Option(names = "--limit", paramLabel = "N", description = "How many to list.")
  private int limit = 20;

  @Mixin private KeptOptions options;
  @Mixin private DatabaseOptions database;
  @Spec private CommandSpec spec;

  KeptListCommand(KeptRecords kept) {
    this.kept = kept;
  }

  @Override
  public void run() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsingAndUnknown(spec));
    options.pipeline(mistakes);
    KeptRecords.Filter filter = options.filter(kept, states, mistakes);
    if (limit < 0) {
      mistakes.add("--limit=" + limit + " is none: it is 0 or more");
    }
    Database target = database.database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    boolean letters = kept == KeptRecords.DEAD_LETTERS;
    String from = " from %s where %s ".formatted(kept.table(), kept.where(filter));
    try (Connection connection = target.connect()) {
      print(
          connection,
          letters
              ? LETTER_COUNTS + from + "group by 1, 2, 3 order by 4 desc, 1, 2, 3"
              : LATE_COUNTS + from + "group by 1, 2 order by 1, 2",
          filter);
      if (limit > 0) {
        print(
            connection,
            (letters ? LETTERS : LATE) + from + "order by letter desc limit " + limit,
            filter);
      }
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  private void print(Connection connection, String sql, KeptRecords.Filter filter)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      kept.set(query, 1, filter);
      try (ResultSet rows = query.executeQuery()) {
        System.out.println(SqlCommand.table(rows));
      }
    }
  }
}
