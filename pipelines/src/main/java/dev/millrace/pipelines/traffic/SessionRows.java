package dev.millrace.pipelines.traffic;

import dev.millrace.io.jdbc.Columns;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RowWriter;
import dev.millrace.io.jdbc.RunAttempt;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.window.WindowResult;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sessions into {@code gold.sessions}. Beam takes nothing back when sessions merge: the transaction
 * that writes the merged one removes the rows that it has swallowed, which are those of the user
 * that overlap it.
 *
 * <p>Which row is newer, and what final means, is as in {@link WindowRows}. Overlapping rows that
 * are final stay; a session that lies within one, or overlaps a row of a later run, is not written.
 * Counts {@code rows_changed} and {@code rows_kept}, and {@code sessions_merged} for the removed.
 */
final class SessionRows implements RowWriter<WindowResult<SessionStats>> {
  private static final long serialVersionUID = 1L;

  private static final String TABLE = "sessions";

  private static final String BOUNDS =
      """
      timestamptz 'epoch' + session_start * interval '1 microsecond' as session_start,
        timestamptz 'epoch' + session_end * interval '1 microsecond' as session_end""";

  /**
   * A row that an incoming session gives way to: a later run's; a later attempt's, if it comes from
   * a worker that the job has given up; a final one, if it has all of it, or is of an earlier
   * attempt and the session isn't final itself. Parameters: run, run, attempt, attempt, attempt.
   */
  private static final String GIVES_WAY =
      """
      exists (
        select from SESSIONS newer
        where newer.user_id = incoming.user_id
          and newer.session_start < incoming.session_end
          and newer.session_end > incoming.session_start
          and (newer._run > ?
            or (newer._run = ?
              and (newer._attempt > ?
                or (newer.is_final
                  and case when newer._attempt = ?
                    then newer.session_start <= incoming.session_start
                      and newer.session_end >= incoming.session_end
                    else newer._attempt < ? and not incoming.is_final end)))))""";

  private static final String REMOVE_SWALLOWED =
      """
      delete from SESSIONS g
      using (
        select user_id, %s, is_final
        from unnest(?, ?, ?, ?) as merged (user_id, session_start, session_end, is_final)) incoming
      where g.user_id = incoming.user_id
        and g.session_start < incoming.session_end and g.session_end > incoming.session_start
        and g.session_start <> incoming.session_start
        and (g._run < ? or (g._run = ?
          and (not g.is_final or (incoming.is_final and g._attempt < ?))))
        and not %s
      """
          .formatted(BOUNDS, GIVES_WAY);

  private static final String UPSERT =
      """
      insert into SESSIONS as g (user_id, session_start, session_end, is_final, events, pages,
        pane, timing, _run, _attempt, _merged_at)
      select user_id, session_start, session_end, is_final, events, pages, pane, timing, ?, ?, now()
      from (
        select user_id, %s, is_final, events, pages, pane, timing
        from unnest(?, ?, ?, ?, ?, ?, ?, ?) as sessions (user_id, session_start, session_end,
          is_final, events, pages, pane, timing)) incoming
      where not %s
      on conflict (user_id, session_start) do update
      set session_end = excluded.session_end, events = excluded.events, pages = excluded.pages,
        pane = excluded.pane, timing = excluded.timing, is_final = excluded.is_final,
        _run = excluded._run, _attempt = excluded._attempt, _merged_at = excluded._merged_at
      where g._run < excluded._run
        or (g._run = excluded._run
          and case when g._attempt < excluded._attempt
            then not g.is_final or excluded.is_final
            else g._attempt = excluded._attempt and not g.is_final
              and (g.session_end, g.pane) < (excluded.session_end, excluded.pane) end)
      """
          .formatted(BOUNDS, GIVES_WAY);

  private final TablePlace place;
  private final RunAttempt run;
  private transient long attempt;

  /**
   * Writes sessions.
   *
   * @param place the live table, or a run's own
   */
  SessionRows(TablePlace place, RunAttempt run) {
    this.place = place;
    this.run = run;
  }

  private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
    return connection.prepareStatement(sql.replace("SESSIONS", place.name("gold", TABLE)));
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(
        new RequiredTable(place.schema("gold"), TABLE, List.of("user_id", "session_start")));
  }

  @Override
  public void open(Connection connection) throws SQLException {
    if (attempt == 0) {
      attempt = run.acquire(connection);
    }
  }

  @Override
  public void close() {
    run.release();
    attempt = 0;
  }

  @Override
  public Map<String, Long> write(Connection connection, List<WindowResult<SessionStats>> results)
      throws SQLException {
    List<WindowResult<SessionStats>> newest = withoutSwallowed(results);
    long merged;
    try (PreparedStatement remove = prepare(connection, REMOVE_SWALLOWED)) {
      setKeys(connection, remove, newest, 1);
      remove.setLong(5, run.run());
      remove.setLong(6, run.run());
      remove.setLong(7, attempt);
      setNewer(remove, 8);
      merged = remove.executeUpdate();
    }
    try (PreparedStatement upsert = prepare(connection, UPSERT)) {
      upsert.setLong(1, run.run());
      upsert.setLong(2, attempt);
      Columns<WindowResult<SessionStats>> columns = setKeys(connection, upsert, newest, 3);
      columns.bigint(result -> result.aggregate().events());
      columns.bigint(result -> result.aggregate().pages().size());
      columns.bigint(WindowResult::pane);
      columns.text(result -> result.timing().name());
      setNewer(upsert, 11);
      long changed = upsert.executeUpdate();
      return Map.of(
          "rows_changed", changed,
          "rows_kept", results.size() - changed,
          "sessions_merged", merged);
    }
  }

  private void setNewer(PreparedStatement statement, int first) throws SQLException {
    statement.setLong(first, run.run());
    statement.setLong(first + 1, run.run());
    for (int parameter = first + 2; parameter <= first + 4; parameter++) {
      statement.setLong(parameter, attempt);
    }
  }

  private static Columns<WindowResult<SessionStats>> setKeys(
      Connection connection,
      PreparedStatement statement,
      List<WindowResult<SessionStats>> results,
      int first)
      throws SQLException {
    Columns<WindowResult<SessionStats>> columns =
        new Columns<>(connection, statement, results, first);
    columns.text(WindowResult::key);
    columns.micros(WindowResult::start);
    columns.micros(WindowResult::end);
    columns.bool(WindowResult::isFinal);
    return columns;
  }

  /**
   * A later session of the batch replaces those of its user that it overlaps, but for final ones
   * that start elsewhere: those have been closed beside it. Sorted by key.
   */
  private static List<WindowResult<SessionStats>> withoutSwallowed(
      List<WindowResult<SessionStats>> results) {
    Map<String, List<WindowResult<SessionStats>>> byUser = new TreeMap<>();
    for (WindowResult<SessionStats> result : results) {
      List<WindowResult<SessionStats>> its =
          byUser.computeIfAbsent(result.key(), user -> new ArrayList<>());
      its.removeIf(
          before ->
              before.start().isBefore(result.end())
                  && result.start().isBefore(before.end())
                  && (!before.isFinal() || before.start().equals(result.start())));
      its.add(result);
    }
    List<WindowResult<SessionStats>> newest = new ArrayList<>();
    byUser.values().forEach(newest::addAll);
    return newest;
  }
}
