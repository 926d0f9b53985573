package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.OptionalLong;

/** Days that are published, {@code ops.completions}: what those wait for who depend on them. */
public final class Completions {
  /**
   * The channel on which PostgreSQL tells listeners, with a text like {@code orders 2026-05-04}.
   */
  public static final String CHANNEL = "millrace_completed";

  private Completions() {}

  /** The table. */
  public static RequiredTable table() {
    return new RequiredTable("ops", "completions", List.of("pipeline", "day"));
  }

  /** The run that has published a day; empty if none has. */
  public static OptionalLong of(Connection connection, String pipeline, LocalDate day)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            "select run from ops.completions where pipeline = ? and day = ?")) {
      query.setString(1, pipeline);
      query.setObject(2, day);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
      }
    }
  }

  /** Says that a run has published a day, and tells the listeners. */
  public static void add(Connection connection, String pipeline, LocalDate day, long run)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            """
            with done as (
              insert into ops.completions (pipeline, day, run) values (?, ?, ?)
              on conflict (pipeline, day) do update
              set run = excluded.run, completed_at = excluded.completed_at
              returning pipeline || ' ' || day as what)
            select pg_notify(?, what) from done
            """)) {
      upsert.setString(1, pipeline);
      upsert.setObject(2, day);
      upsert.setLong(3, run);
      upsert.setString(4, CHANNEL);
      upsert.execute();
    }
  }
}
