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
    return inTransaction(
        connection,
        () ->
            swap(
                connection,
                "share row exclusive",
                its -> {
                  Map<String, Repairable.Changes> changes = tables.swap(connection, its);
                  Shadow.drop(connection, its.place());
                  return changes;
                }));
  }

  /**
   * Puts its tables in the place of the live ones by giving them their names: however many rows
   * they have, it takes no longer. For runs that answer for all of time. Who reads or writes waits.
   * The tables of before stay beside, until they are {@linkplain #rollBack put back} or {@linkplain
   * #discard dropped}.
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
        connection, () -> swap(connection, "access exclusive", its -> exchange(connection)));
  }

  private Map<String, Repairable.Changes> exchange(Connection connection)
      throws SQLException, RefusedException {
    List<String> problems = new ArrayList<>();
    for (DailyTable table : tables.tables()) {
      problems.addAll(TableRename.problems(connection, table));
    }
    refuse(problems);
    return TableRename.exchange(
        connection, tables.tables(), TablePlace.shadowOf(run.number()).shadow());
  }

  /**
   * Takes a {@link #rename} back: the tables of before have their names again, and the run's are
   * beside them again, to be compared anew or dropped.
   *
   * @throws RefusedException if they are gone, or rows were written since
   */
  public Map<String, Repairable.Changes> rollBack(Connection connection)
      throws SQLException, RefusedException {
    return inTransaction(
        connection,
        () -> {
          try (Statement statement = connection.createStatement()) {
            Run now = lockRun(statement);
            if (!Run.SWAPPED.equals(now.state()) || !Shadow.exists(connection, now.place())) {
              throw new RefusedException(
                  List.of(
                      "run %d has no tables to go back to: 'swap --rename' keeps those of before, until 'discard'"
                          .formatted(run.number())));
            }
            refuse(Shadow.problems(connection, now.place(), tables.tables()));
            lockTables(statement, "access exclusive");
            refuseNewer(connection, "ended_at", "run %d was swapped".formatted(run.number()));
            Map<String, Repairable.Changes> changes = exchange(connection);
            statement.execute(
                "update ops.runs set state = '%s', compared_at = null, ended_at = now() where run = %d"
                    .formatted(Run.DONE, run.number()));
            return changes;
          }
        });
  }

  private interface Work<R> {
    R run() throws SQLException, RefusedException;
  }

  private interface Replacement {
    Map<String, Repairable.Changes> of(Run run) throws SQLException, RefusedException;
  }

  private static <R> R inTransaction(Connection connection, Work<R> work)
      throws SQLException, RefusedException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      R result = work.run();
      connection.commit();
      return result;
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
      Run now = lockRun(statement);
      ShadowRun locked = new ShadowRun(tables, now);
      locked.refuseUnlessDone();
      if (now.comparedAt() == null) {
        throw new RefusedException(
            List.of(
                "run %d wasn't compared with the live tables: 'bin/millrace compare %d' shows what a swap would change"
                    .formatted(run.number(), run.number())));
      }
      refuse(Shadow.problems(connection, now.place(), tables.tables()));
      lockTables(statement, lock);
      locked.refuseNewer(
          connection, "started_at", "run %d had begun to read".formatted(run.number()));
      Map<String, Repairable.Changes> changes = replacement.of(now);
      Runs.end(connection, run.number(), Run.SWAPPED, null);
      return changes;
    }
  }

  private Run lockRun(Statement statement) throws SQLException {
    statement.execute("set local lock_timeout = '" + LOCK_TIMEOUT + "'");
    statement.execute("select from ops.runs where run = " + run.number() + " for update");
    return Run.of(statement.getConnection(), run.number()).orElseThrow();
  }

  private void lockTables(Statement statement, String mode) throws SQLException {
    statement.execute(
        "lock table "
            + tables.tables().stream().map(DailyTable::live).collect(Collectors.joining(", "))
            + " in %s mode".formatted(mode));
  }

  /** Drops its tables, or those of before that a {@link #rename} has left. */
  public void discard(Connection connection) throws SQLException, RefusedException {
    if (!run.kind().equals(Run.BACKFILL)) {
      throw new RefusedException(
          List.of(
              "run %d has no tables of its own: it is a %s".formatted(run.number(), run.kind())));
    }
    boolean ofBefore = Run.SWAPPED.equals(run.state()) && Shadow.exists(connection, run.place());
    if (!ofBefore && (Run.SWAPPED.equals(run.state()) || Run.DISCARDED.equals(run.state()))) {
      throw new RefusedException(
          List.of("run %d is %s already".formatted(run.number(), run.state())));
    }
    inTransaction(
        connection,
        () -> {
          Shadow.drop(connection, run.place());
          if (!ofBefore) {
            Runs.end(connection, run.number(), Run.DISCARDED, null);
          }
          return null;
        });
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

  private void refuseNewer(Connection connection, String since, String sinceText)
      throws SQLException, RefusedException {
    List<String> newer = new ArrayList<>();
    for (DailyTable table : tables.fenced()) {
      try (PreparedStatement query =
          connection.prepareStatement(
              "select count(*), max(_merged_at) from %s live where _merged_at > (select %s from ops.runs where run = ?)"
                  .formatted(tables.liveRows(table, run), since))) {
        query.setLong(1, run.number());
        try (ResultSet rows = query.executeQuery()) {
          rows.next();
          if (rows.getLong(1) > 0) {
            newer.add(
                "%,d rows of %s%s were written after %s, the last at %s: run that backfill again"
                    .formatted(
                        rows.getLong(1), table.live(), ofDay(), sinceText, rows.getString(2)));
          }
        }
      }
    }
    refuse(newer);
  }
}
