package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.ShadowRun;
import java.sql.Connection;
import java.sql.SQLException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Puts back what a rename has replaced. */
@Command(
    name = "rollback",
    description =
        "Take 'swap --rename' back: the tables of before have their names again, and the run's can be "
            + "compared anew, or discarded. Refused if rows were written since.",
    mixinStandardHelpOptions = true)
final class RollbackCommand implements Runnable {

  @Parameters(paramLabel = "RUN", description = "A number of ops.runs.")
  private long run;

  @Mixin private DatabaseOptions database;

  @Override
  public void run() {
    try (Connection connection = database.required().connect()) {
      SwapCommand.print(run, Repairs.shadowRun(connection, run).rollBack(connection));
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    } catch (ShadowRun.RefusedException e) {
      throw new FailedException(e.reasons());
    }
  }
}
