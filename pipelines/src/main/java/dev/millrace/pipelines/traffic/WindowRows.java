package dev.millrace.pipelines.traffic;

import dev.millrace.io.jdbc.Columns;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RowWriter;
import dev.millrace.io.jdbc.RunAttempt;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.WindowResult;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Results of a region's windows into a table like {@code gold.events_5m}, one row per window,
 * updated in place by each pane.
 *
 * <p>A row is written by the newest (run, attempt, pane): what comes again, or from an earlier run,
 * changes nothing. A row that is final changes only by a later run, or by a final result of a later
 * attempt: what an attempt has written since its last checkpoint is not the last word. Counts
 * {@code rows_changed} and {@code rows_kept}.
 */
final class WindowRows implements RowWriter<WindowResult<ValueStats>> {
  private static final long serialVersionUID = 1L;

  private static final Comparator<WindowResult<?>> BY_KEY =
      Comparator.<WindowResult<?>, String>comparing(WindowResult::key)
          .thenComparing(WindowResult::start);

  private static final String UPSERT =
      """
      insert into %1$s as g (region, window_start, window_end, count, sum, min, max, avg, pane,
        timing, is_final, _run, _attempt, _merged_at)
      select region,
        timestamptz 'epoch' + window_start * interval '1 microsecond',
        timestamptz 'epoch' + window_end * interval '1 microsecond',
        count, sum, min, max, avg, pane, timing, is_final, ?, ?, now()
      from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as incoming (region, window_start, window_end,
        count, sum, min, max, avg, pane, timing, is_final)
      on conflict (region, window_start) do update
      set window_end = excluded.window_end, count = excluded.count, sum = excluded.sum,
        min = excluded.min, max = excluded.max, avg = excluded.avg, pane = excluded.pane,
        timing = excluded.timing, is_final = excluded.is_final, _run = excluded._run,
        _attempt = excluded._attempt, _merged_at = excluded._merged_at
      where g._run < excluded._run
        or (g._run = excluded._run
          and (g._attempt, g.pane) < (excluded._attempt, excluded.pane)
          and (not g.is_final or (excluded.is_final and g._attempt < excluded._attempt)))
      """;

  private final String table;
  private final TablePlace place;
  private final RunAttempt run;
  private transient long attempt;

  /**
   * Writes a table.
   *
   * @param table of schema gold
   * @param place the live table, or a run's own
   */
  WindowRows(String table, TablePlace place, RunAttempt run) {
    this.table = table;
    this.place = place;
    this.run = run;
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(
        new RequiredTable(place.schema("gold"), table, List.of("region", "window_start")));
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
  public Map<String, Long> write(Connection connection, List<WindowResult<ValueStats>> results)
      throws SQLException {
    List<WindowResult<ValueStats>> newest = newestOfEach(results);
    try (PreparedStatement upsert =
        connection.prepareStatement(UPSERT.formatted(place.name("gold", table)))) {
      upsert.setLong(1, run.run());
      upsert.setLong(2, attempt);
      Columns<WindowResult<ValueStats>> columns = new Columns<>(connection, upsert, newest, 3);
      columns.text(WindowResult::key);
      columns.micros(WindowResult::start);
      columns.micros(WindowResult::end);
      columns.bigint(result -> result.aggregate().count());
      columns.numeric(result -> result.aggregate().sum());
      columns.numeric(result -> result.aggregate().min());
      columns.numeric(result -> result.aggregate().max());
      columns.numeric(result -> result.aggregate().average());
      columns.bigint(WindowResult::pane);
      columns.text(result -> result.timing().name());
      columns.bool(WindowResult::isFinal);
      long changed = upsert.executeUpdate();
      return Map.of("rows_changed", changed, "rows_kept", results.size() - changed);
    }
  }

  /** The last pane of each window, in the order of the keys, in which all writers lock. */
  private static List<WindowResult<ValueStats>> newestOfEach(
      List<WindowResult<ValueStats>> results) {
    Map<WindowResult<?>, WindowResult<ValueStats>> newest = new TreeMap<>(BY_KEY);
    for (WindowResult<ValueStats> result : results) {
      newest.merge(result, result, (a, b) -> a.pane() > b.pane() ? a : b);
    }
    return new ArrayList<>(newest.values());
  }
}
