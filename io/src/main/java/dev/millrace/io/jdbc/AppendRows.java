package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Appends rows with the number of their run, and never looks at what is there: the cheapest write.
 * Who reads, reads the {@linkplain #createView view} that shows one row of each key: of the newest
 * run that has made it, the one with the highest version.
 *
 * <p>Idempotent for the view, not for the table: a run that is repeated, or a bundle that is tried
 * again, adds rows that the view doesn't show; {@link #deduplicate} removes them. A key that a
 * later run no longer makes stays in the view: where that is wrong, replace the partition ({@link
 * StagedRows#replace}).
 */
public final class AppendRows<T> implements RowWriter<T> {
  private static final long serialVersionUID = 1L;
  private static final String RUN_ID = "run_id";

  private final CopiedTable<T> table;
  private final List<String> version;

  /**
   * Appends to a table that has a column {@code run_id bigint}.
   *
   * @param version the columns by which the newest of several rows of a run and a key is found;
   *     rows that are equal in them must be equal
   * @param run of {@link Runs}
   */
  public AppendRows(CopiedTable<T> table, List<String> version, long run) {
    this.table = withRun(table, run);
    this.version = new ArrayList<>(List.of(RUN_ID));
    this.version.addAll(version);
  }

  private static <T> CopiedTable<T> withRun(CopiedTable<T> table, long run) {
    List<String> columns = new ArrayList<>(table.columns());
    columns.add(RUN_ID);
    return new CopiedTable<>(
        table.schema(),
        table.name(),
        table.key(),
        columns,
        (row, copy) -> {
          table.fields().append(row, copy);
          copy.bigint(run);
        });
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(new RequiredTable(table.schema(), table.name(), List.of()));
  }

  @Override
  public Map<String, Long> write(Connection connection, List<T> rows) throws SQLException {
    table.copy(connection, table.fullName(), rows);
    return Map.of("appended", (long) rows.size());
  }

  /** Makes the view that shows one row of each key, {@code TABLE_latest}. */
  public void createView(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "create or replace view %s_latest as select * from %s x"
              .formatted(table.fullName(), table.newest(table.fullName(), version)));
    }
  }

  /**
   * Removes the rows that the view doesn't show. Runs may write meanwhile.
   *
   * @return how many
   */
  public long deduplicate(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeLargeUpdate(
          """
          delete from %1$s t using (
            select ctid as place, row_number() over (partition by %2$s order by %3$s, ctid) as rank
            from %1$s) ranked
          where t.ctid = ranked.place and ranked.rank > 1
          """
              .formatted(
                  table.fullName(),
                  CopiedTable.list(table.key()),
                  CopiedTable.list(CopiedTable.descending(version))));
    }
  }
}
