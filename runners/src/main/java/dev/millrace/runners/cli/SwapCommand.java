package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Repairable;
import dev.millrace.io.jdbc.ShadowRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts the rows of backfills in the place of the live ones. */
@Command(
    name = "swap",
    description =
        "Put the rows of backfills in the place of the live rows of their days: each run in one "
            + "transaction, readers see the old rows or the new ones. Refused if a run wasn't compared, or "
            + "live rows of its day are newer than what it has read.",
    mixinStandardHelpOptions = true)
final class SwapCommand implements Runnable {

  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Numbers of ops.runs.")
  private List<Long> runs = List.of();

  @Option(
      names = "--rename",
      description =
          "Give the new tables of a --full backfill the live ones' names, instead of replacing rows."
              + " 'rollback' takes it back; 'discard' drops the tables of before.")
  private boolean rename;

  @Mixin private DatabaseOptions database;

  @Override
  public void run() {
    List<String> refused = new ArrayList<>();
    try (Connection connection = database.required().connect()) {
      for (long number : runs) {
        try {
          ShadowRun shadow = Repairs.shadowRun(connection, number);
          print(number, rename ? shadow.rename(connection) : shadow.swap(connection));
        } catch (ShadowRun.RefusedException e) {
          refused.addAll(e.reasons());
        }
      }
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
    if (!refused.isEmpty()) {
      throw new FailedException(refused);
    }
  }

  static void print(long run, Map<String, Repairable.Changes> changes) {
    changes.forEach(
        (table, done) ->
            System.out.println(
                "run %d: %s: %,d rows replaced, %,d added, %,d removed"
                    .formatted(run, table, done.replaced(), done.added(), done.removed())));
  }
}
