package dev.millrace.io.jdbc;

import dev.millrace.transforms.ledger.LedgerEntry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Totals of the accounts into {@code ops.ledger}. They are absolute and only ever grow, so a
 * smaller one is an older one, and changes nothing.
 */
public final class LedgerRows implements RowWriter<LedgerEntry> {
  private static final long serialVersionUID = 1L;

  private static final String UPSERT =
      """
      insert into ops.ledger as l (run_id, pipeline, stage, window_start, count)
      select ?, ?, stage, timestamptz 'epoch' + window_millis * interval '1 millisecond', count
      from unnest(?, ?, ?) as entry (stage, window_millis, count)
      on conflict (run_id, pipeline, stage, window_start) do update
      set count = excluded.count, updated_at = excluded.updated_at
      where l.count < excluded.count
      """;

  private static final Comparator<LedgerEntry> BY_KEY =
      Comparator.comparing(LedgerEntry::stage).thenComparingLong(LedgerEntry::windowStart);

  private final long run;
  private final String pipeline;

  /**
   * Keeps the accounts of a run.
   *
   * @param run of {@link Runs}
   */
  public LedgerRows(long run, String pipeline) {
    this.run = run;
    this.pipeline = pipeline;
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(
        new RequiredTable("ops", "ledger", List.of("run_id", "pipeline", "stage", "window_start")));
  }

  @Override
  public Map<String, Long> write(Connection connection, List<LedgerEntry> entries)
      throws SQLException {
    Map<LedgerEntry, LedgerEntry> greatest = new TreeMap<>(BY_KEY);
    for (LedgerEntry each : entries) {
      long start = RecordColumns.storable(Instant.ofEpochMilli(each.windowStart()));
      LedgerEntry entry = new LedgerEntry(each.stage(), start, each.count());
      greatest.merge(entry, entry, (a, b) -> a.count() >= b.count() ? a : b);
    }
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      upsert.setLong(1, run);
      upsert.setString(2, pipeline);
      Columns<LedgerEntry> columns =
          new Columns<>(connection, upsert, new ArrayList<>(greatest.values()), 3);
      columns.text(LedgerEntry::stage);
      columns.bigint(LedgerEntry::windowStart);
      columns.bigint(LedgerEntry::count);
      return Map.of("ledger_rows", (long) upsert.executeUpdate());
    }
  }
}
