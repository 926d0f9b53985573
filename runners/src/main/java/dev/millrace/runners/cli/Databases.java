package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.RequiredTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Proves, before any work, that a database is there and fit. */
final class Databases {
  private Databases() {}

  /**
   * Connects and looks at the tables.
   *
   * @throws FailedException with what is wrong and what to do
   */
  static void check(Database database, List<RequiredTable> tables) {
    try (Connection connection = database.connect()) {
      List<String> problems = RequiredTable.problems(connection, tables);
      if (!problems.isEmpty()) {
        throw new FailedException(problems);
      }
    } catch (SQLException e) {
      throw new FailedException(explain(database, e), e);
    }
  }

  private static String explain(Database database, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return switch (state) {
      case "28P01", "28000", "08004" ->
          database.url()
              + " refuses user '"
              + database.user()
              + "': check --jdbcUser and MILLRACE_JDBC_PASSWORD";
      case "3D000" ->
          database.url() + " doesn't exist: create the database, or correct the URL's last part";
      case "08001", "08006" ->
          "no PostgreSQL answers at "
              + database.url()
              + ": is it running ('bin/millrace status'), and is the address right?";
      default -> database.url() + ": " + e.getMessage() + " (SQLSTATE " + state + ")";
    };
  }
}
