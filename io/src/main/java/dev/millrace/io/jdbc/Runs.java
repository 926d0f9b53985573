package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The runs of pipelines, {@code ops.runs}: their numbers tell which of two results is newer. */
public final class Runs {
  private Runs() {}

  /**
   * Notes a run and returns its number, greater than those of all runs before.
   *
   * @param source what it reads, for a person
   * @param goesOn whether it resumes the last run of this pipeline over this source, whose number
   *     it keeps: what that one called final stays
   */
  public static long begin(Database database, String pipeline, String source, boolean goesOn)
      throws SQLException {
    try (Connection connection = database.connect()) {
      if (goesOn) {
        try (PreparedStatement last =
            connection.prepareStatement(
                "select max(run) from ops.runs where pipeline = ? and source = ?")) {
          last.setString(1, pipeline);
          last.setString(2, source);
          try (ResultSet found = last.executeQuery()) {
            found.next();
            long run = found.getLong(1);
            if (!found.wasNull()) {
              return run;
            }
          }
        }
      }
      try (PreparedStatement begin =
          connection.prepareStatement(
              "insert into ops.runs (pipeline, source) values (?, ?) returning run")) {
        begin.setString(1, pipeline);
        begin.setString(2, source);
        try (ResultSet made = begin.executeQuery()) {
          made.next();
          return made.getLong(1);
        }
      }
    }
  }
}
