package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

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

  /**
   * Notes a repair of a day as {@link Run#RUNNING} and returns its number. One that writes beside
   * the live tables gets tables of its own, in the same transaction.
   */
  public static long beginRepair(Connection connection, Repair repair, List<DailyTable> tables)
      throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try (PreparedStatement begin =
        connection.prepareStatement(
            "insert into ops.runs (pipeline, source, kind, day, state, who, reason, read_from,"
                + " read_to) values (?, ?, ?, ?, 'running', ?, ?, ?, ?) returning run")) {
      begin.setString(1, repair.pipeline());
      begin.setString(2, repair.source());
      begin.setString(3, repair.kind());
      begin.setObject(4, repair.day());
      begin.setString(5, repair.who());
      begin.setString(6, repair.reason());
      begin.setObject(7, offset(repair.readFrom()));
      begin.setObject(8, offset(repair.readTo()));
      long run;
      try (ResultSet made = begin.executeQuery()) {
        made.next();
        run = made.getLong(1);
      }
      if (repair.kind().equals(Run.BACKFILL)) {
        Shadow.create(connection, TablePlace.shadowOf(run), tables);
      }
      connection.commit();
      return run;
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(autoCommit);
    }
  }

  /**
   * What a repair is about; the fields are those of {@link Run}.
   *
   * @param source what it reads, for a person
   */
  public record Repair(
      String pipeline,
      String source,
      String kind,
      @Nullable LocalDate day,
      String who,
      @Nullable String reason,
      @Nullable Instant readFrom,
      @Nullable Instant readTo) {}

  /** Notes that a run is over: done or failed, having read so many records. */
  public static void end(Connection connection, long run, String state, @Nullable Long read)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update ops.runs set state = ?, records_read = coalesce(?::bigint, records_read), ended_at = now() where run = ?")) {
      update.setString(1, state);
      update.setObject(2, read);
      update.setLong(3, run);
      update.executeUpdate();
    }
  }

  private static @Nullable OffsetDateTime offset(@Nullable Instant time) {
    return time == null ? null : time.atOffset(ZoneOffset.UTC);
  }
}
