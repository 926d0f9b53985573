package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.ShadowRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Drops the tables of backfills. */
@Command(
    name = "discard",
    description = "Drop the tables of backfills that are not to be swapped.",
    mixinStandardHelpOptions = true)
final class DiscardCommand implements Runnable {

  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Numbers of ops.runs.")
  private List<Long> runs = List.of();

  @Mixin private DatabaseOptions database;

  @Override
  public void run() {
    try (Connection connection = database.required().connect()) {
      for (long number : runs) {
        Repairs.shadowRun(connection, number).discard(connection);
        System.out.println("run " + number + ": its tables are gone");
      }
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    } catch (ShadowRun.RefusedException e) {
      throw new FailedException(e.reasons());
    }
  }
}
