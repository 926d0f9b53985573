package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What became of dead letters that a run has tried again. The run writes those that fail once more
 * into a table of its own; from that, one transaction settles all of them.
 */
public final class LetterReplay {
  private static final String SAME_ORIGIN =
      """
      d.pipeline = f.pipeline and d.source_system = f.source_system
        and d.source_topic = f.source_topic and d.source_partition = f.source_partition
        and d.source_offset = f.source_offset""";

  /**
   * Another record may have stood at the same place; a change of the payload says nothing of it.
   */
  private static final String SAME_RECORD =
      SAME_ORIGIN + " and (d.fix is not null or d.payload_md5 = f.payload_md5)";

  private static final String FAILED =
      """
      update ops.dead_letters d
      set attempt = d.attempt + 1, error_class = f.error_class,
        message = case when f.stage = d.stage then '' else 'at ' || f.stage || ': ' end || f.message,
        failed_at = now(), settled_by = ?, reason = ?,
        state = case when d.attempt + 1 >= ? then 'parked' else 'open' end
      from (
        select distinct on (source_system, source_topic, source_partition, source_offset, payload_md5) *
        from %s.dead_letters) f
      where d.replay_run = ? and %s
      returning d.state
      """;

  private static final String REPLAYED =
      """
      update ops.dead_letters d
      set state = 'replayed', settled_at = now(), settled_by = ?, reason = ?
      where replay_run = ? and not exists (select from %s.dead_letters f where %s)
      """;

  /** Letters of other records that the run has read, which are there already but for new ones. */
  private static final String OTHERS =
      """
      insert into ops.dead_letters (pipeline, stage, %1$s, error_class, message, attempt,
        pipeline_version)
      select pipeline, stage, %1$s, error_class, message, attempt, pipeline_version
      from %2$s.dead_letters f
      where not exists (select from ops.dead_letters d where d.replay_run = ? and %3$s)
      on conflict do nothing
      """;

  private LetterReplay() {}

  /**
   * How a replay ended.
   *
   * @param replayed letters whose records are in the tables now
   * @param failed letters that failed once more, and can be tried again
   * @param parked letters that have failed too often
   */
  public record Settled(long replayed, long failed, long parked) {}

  /**
   * Makes the run's table of dead letters.
   *
   * @param tables of results that it has of its own, too
   */
  public static void begin(Connection connection, TablePlace place, List<DailyTable> tables)
      throws SQLException {
    Shadow.create(connection, place, tables);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "create table %s.dead_letters (like ops.dead_letters including all)"
              .formatted(place.letters()));
    }
  }

  /** Settles the chosen letters, ends the run, and drops its table. */
  public static Settled settle(
      Connection connection,
      long run,
      TablePlace place,
      int maxAttempts,
      String who,
      @Nullable String reason,
      long read)
      throws SQLException {
    connection.setAutoCommit(false);
    try {
      long failed = 0;
      long parked = 0;
      try (PreparedStatement update =
          connection.prepareStatement(FAILED.formatted(place.letters(), SAME_RECORD))) {
        update.setString(1, who);
        update.setString(2, reason);
        update.setInt(3, maxAttempts);
        update.setLong(4, run);
        try (ResultSet states = update.executeQuery()) {
          while (states.next()) {
            if (states.getString(1).equals("parked")) {
              parked++;
            } else {
              failed++;
            }
          }
        }
      }
      long replayed;
      try (PreparedStatement update =
          connection.prepareStatement(REPLAYED.formatted(place.letters(), SAME_RECORD))) {
        update.setString(1, who);
        update.setString(2, reason);
        update.setLong(3, run);
        replayed = update.executeUpdate();
      }
      insertOthers(connection, run, place);
      Shadow.drop(connection, TablePlace.shadowOf(run));
      Runs.end(connection, run, Run.DONE, read);
      connection.commit();
      return new Settled(replayed, failed, parked);
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  /**
   * Notes that late records are in the tables, ends the run, and drops its table.
   *
   * @return how many
   */
  public static long reconcile(
      Connection connection,
      long run,
      TablePlace place,
      String who,
      @Nullable String reason,
      long read)
      throws SQLException {
    connection.setAutoCommit(false);
    try {
      insertOthers(connection, run, place);
      long done = KeptRecords.LATE_RECORDS.reconciled(connection, run, who, reason);
      Shadow.drop(connection, TablePlace.shadowOf(run));
      Runs.end(connection, run, Run.DONE, read);
      connection.commit();
      return done;
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static void insertOthers(Connection connection, long run, TablePlace place)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            OTHERS.formatted(RecordColumns.COLUMNS, place.letters(), SAME_RECORD))) {
      insert.setLong(1, run);
      insert.executeUpdate();
    }
  }

  /** What would fail once more, by class with an example, of a run that only tries. */
  public static Map<String, Long> failures(Connection connection, long run, TablePlace place)
      throws SQLException {
    Map<String, Long> failures = new TreeMap<>();
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            select f.error_class || ', for example: ' || min(f.message), count(*) from %s.dead_letters f
            where exists (select from ops.dead_letters d where d.replay_run = ? and %s)
            group by f.error_class
            """
                .formatted(place.letters(), SAME_ORIGIN))) {
      query.setLong(1, run);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          failures.put(rows.getString(1), rows.getLong(2));
        }
      }
    }
    return failures;
  }
}
