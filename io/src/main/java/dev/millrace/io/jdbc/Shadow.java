package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Tables of a run's own, in a schema of their own, made like the live ones and empty. */
public final class Shadow {
  private Shadow() {}

  /** Makes them, and their schema. */
  static void create(Connection connection, TablePlace place, List<DailyTable> tables)
      throws SQLException {
    String schema = place.shadow() == null ? place.letters() : place.shadow();
    try (Statement statement = connection.createStatement()) {
      statement.execute("create schema " + schema);
      for (DailyTable table : tables) {
        statement.execute(
            "create table %s (like %s including all)".formatted(table.in(place), table.live()));
      }
    }
  }

  /** Drops them with all that is in them; nothing happens if they are gone. */
  public static void drop(Connection connection, TablePlace place) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("drop schema if exists " + place.shadow() + " cascade");
    }
  }

  /** Whether a run has tables of its own. */
  static boolean exists(Connection connection, TablePlace place) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select to_regnamespace(?) is not null")) {
      query.setString(1, place.shadow());
      try (ResultSet found = query.executeQuery()) {
        return found.next() && found.getBoolean(1);
      }
    }
  }

  /**
   * What keeps them from being compared with the live ones, a sentence each: a table that is gone,
   * or has other columns than when they were made.
   */
  public static List<String> problems(
      Connection connection, TablePlace place, List<DailyTable> tables) throws SQLException {
    List<String> problems = new ArrayList<>();
    for (DailyTable table : tables) {
      List<String> live = columns(connection, table.schema(), table.name());
      List<String> its = columns(connection, place.schema(table.schema()), table.name());
      if (its.isEmpty()) {
        problems.add("table " + table.in(place) + " is gone: run that backfill again");
      } else if (!its.equals(live)) {
        problems.add(
            table.live()
                + " has changed since "
                + table.in(place)
                + " was made like it (columns "
                + String.join(", ", live)
                + "; then "
                + String.join(", ", its)
                + "): run that backfill again");
      }
    }
    return problems;
  }

  private static List<String> columns(Connection connection, String schema, String name)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            select quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
            from pg_attribute a
            where a.attrelid = to_regclass(? || '.' || ?) and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """)) {
      query.setString(1, schema);
      query.setString(2, name);
      List<String> columns = new ArrayList<>();
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          columns.add(rows.getString(1));
        }
      }
      return columns;
    }
  }
}
