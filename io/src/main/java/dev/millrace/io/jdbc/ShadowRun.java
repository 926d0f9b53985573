package dev.millrace.io.jdbc;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * A run that has written beside the live tables: compares its rows with the live ones, puts them in
 * their place, or drops them. Each is one transaction.
 */
public final class ShadowRun {
  private static final String LOCK_TIMEOUT = "30s";

  private final Repairable tables;
  private final Run run;

  /** A refusal, in sentences for the user. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> reasons;

    RefusedException(List<String> reasons) {
      super(String.join("; ", reasons));
      this.reasons = List.copyOf(reasons);
    }

    /** What stands in the way, a sentence each. */
    public List<String> reasons() {
      return reasons;
    }
  }

  private ShadowRun(Repairable tables, Run run) {
    this.tables = tables;
    this.run = run;
  }

  /**
   * The run.
   *
   * @param tables of its pipeline
   */
  public static ShadowRun of(Repairable tables, Run run) {
    return new ShadowRun(tables, run);
  }

  /**
   * Compares each of its tables with the live one, and notes that.
   *
   * @param each told of every row that differs, by table
   */
  public Map<String, TableComparison.Result> compare(
      Connection connection,
      BigDecimal tolerance,
      BiConsumer<String, TableComparison.Difference> each)
      throws SQLException, RefusedException {
    refuseUnlessDone();
    refuse(Shadow.problems(connection, run.place(), tables.tables()));
    Map<String, TableComparison.Result> results = new LinkedHashMap<>();
    for (DailyTable table : tables.tables()) {
      TableComparison comparison =
          TableComparison.of(
              new TableComparison.Side(
                  table.live() + ofDay(), table.live(), tables.liveRows(table, run)),
              new TableComparison.Side(
                  "run " + run.number(), table.in(run.place()), tables.newRows(table, run)),
              table.key(),
              table.bookkeeping(),
              tolerance);
      results.put(
          table.live(),
          comparison.run(connection, difference -> each.accept(table.live(), difference)));
    }
    try (PreparedStatement update =
        connection.prepareStatement(
            "update ops.runs set compared_at = clock_timestamp(), differences = ? where run = ?")) {
      update.setLong(
          1, results.values().stream().mapToLong(TableComparison.Result::differences).sum());
      update.setLong(2, run.number());
      update.executeUpdate();
    }
    return results;
  }

  /**
   * Puts its rows in the place of the live ones of its day, and drops its tables. Who reads
   * meanwhile sees the old rows or the new ones; who writes waits.
   *
   * @throws RefusedException if it wasn't compared, or live rows of the day are newer than it
   */
  public Map<String, Repairable.Changes> swap(Connection connection)
      throws SQLException, RefusedException {
    return inTransaction(connection, () -> swap(connection, "share row exclusive", tables::swap));
  }

  /**
   * Puts its tables in the place of the live ones by giving them their names: however many rows
   * they have, it takes no longer. For runs that answer for all of time. Who reads or writes waits.
   *
   * @throws RefusedException also if something depends on a live table that would stay with the old
   *     one
   */
  public Map<String, Repairable.Changes> rename(Connection connection)
      throws SQLException, RefusedException {
    if (run.day() != null) {
      throw new RefusedException(
          List.of(
              "run %d is of %s: only the tables of a whole backfill ('--full') can take the live ones' names"
                  .formatted(run.number(), run.day())));
    }
    return inTransaction(
        connection,
        () -> {
          for (DailyTable table : tables.tables()) {
            refuse(TableRename.problems(connection, table));
          }
          return swap(connection, "access exclusive", this::rename);
        });
  }

  private Map<String, Repairable.Changes> rename(Connection connection, Run its)
      throws SQLException {
    Map<String, Repairable.Changes> changes = new LinkedHashMap<>();
    for (DailyTable table : tables.tables()) {
      changes.put(table.live(), TableRename.rename(connection, table, its.place()));
    }
    return changes;
  }

  private interface Work {
    Map<String, Repairable.Changes> run() throws SQLException, RefusedException;
  }

  private interface Replacement {
    Map<String, Repairable.Changes> of(Connection connection, Run run) throws SQLException;
  }

  private static Map<String, Repairable.Changes> inTransaction(Connection connection, Work work)
      throws SQLException, RefusedException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      Map<String, Repairable.Changes> changes = work.run();
      connection.commit();
      return changes;
    } catch (SQLException | RefusedException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(autoCommit);
    }
  }

  private Map<String, Repairable.Changes> swap(
      Connection connection, String lock, Replacement replacement)
      throws SQLException, RefusedException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set local lock_timeout = '" + LOCK_TIMEOUT + "'");
      statement.execute("select from ops.runs where run = " + run.number() + " for update");
      Run now = Run.of(connection, run.number()).orElseThrow();
      ShadowRun locked = new ShadowRun(tables, now);
      locked.refuseUnlessDone();
      if (now.comparedAt() == null) {
        throw new RefusedException(
            List.of(
                "run %d wasn't compared with the live tables: 'bin/millrace compare %d' shows what a swap would change"
                    .formatted(run.number(), run.number())));
      }
      locked.refuse(Shadow.problems(connection, now.place(), tables.tables()));
      statement.execute(
          "lock table "
              + tables.tables().stream().map(DailyTable::live).collect(Collectors.joining(", "))
              + " in %s mode".formatted(lock));
      locked.refuseNewer(connection);
      Map<String, Repairable.Changes> changes = replacement.of(connection, now);
      statement.execute(
          "update ops.runs set state = '%s', ended_at = now() where run = %d"
              .formatted(Run.SWAPPED, run.number()));
      Shadow.drop(connection, now.place());
      return changes;
    }
  }

  /** Drops its tables. */
  public void discard(Connection connection) throws SQLException, RefusedException {
    if (!run.kind().equals(Run.BACKFILL)) {
      throw new RefusedException(
          List.of(
              "run %d has no tables of its own: it is a %s".formatted(run.number(), run.kind())));
    }
    if (Run.SWAPPED.equals(run.state()) || Run.DISCARDED.equals(run.state())) {
      throw new RefusedException(
          List.of("run %d is %s already".formatted(run.number(), run.state())));
    }
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      Shadow.drop(connection, run.place());
      statement.execute(
          "update ops.runs set state = '%s', ended_at = now() where run = %d"
              .formatted(Run.DISCARDED, run.number()));
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(autoCommit);
    }
  }

  private void refuseUnlessDone() throws RefusedException {
    if (!run.kind().equals(Run.BACKFILL)) {
      throw new RefusedException(
          List.of(
              "run %d is no backfill with tables of its own: it is a %s"
                  .formatted(run.number(), run.kind())));
    }
    if (!Run.DONE.equals(run.state())) {
      throw new RefusedException(
          List.of(
              "run %d is %s: only one that is done, and neither swapped nor discarded, can be compared and swapped"
                  .formatted(run.number(), run.state())));
    }
  }

  private void refuse(List<String> reasons) throws RefusedException {
    if (!reasons.isEmpty()) {
      throw new RefusedException(reasons);
    }
  }

  private String ofDay() {
    return run.day() == null ? "" : " of " + run.day();
  }

  private void refuseNewer(Connection connection) throws SQLException, RefusedException {
    List<String> newer = new ArrayList<>();
    for (DailyTable table : tables.fenced()) {
      try (PreparedStatement query =
          connection.prepareStatement(
              "select count(*), max(_merged_at) from %s live where _merged_at > (select started_at from ops.runs where run = ?)"
                  .formatted(tables.liveRows(table, run)))) {
        query.setLong(1, run.number());
        try (ResultSet rows = query.executeQuery()) {
          rows.next();
          if (rows.getLong(1) > 0) {
            newer.add(
                "%,d rows of %s%s were written after run %d had begun to read, the last at %s: run that backfill again"
                    .formatted(
                        rows.getLong(1), table.live(), ofDay(), run.number(), rows.getString(2)));
          }
        }
      }
    }
    refuse(newer);
  }
}
