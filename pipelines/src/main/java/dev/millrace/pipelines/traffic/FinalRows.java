package dev.millrace.pipelines.traffic;

import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RowWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Ends of windows that are closed, in milliseconds since 1970: marks the run's rows of a table
 * final that end there or before.
 */
final class FinalRows implements RowWriter<Long> {
  private static final long serialVersionUID = 1L;

  private static final String UPDATE =
      """
      with closed as (
        select ctid from %1$s
        where %2$s <= timestamptz 'epoch' + ? * interval '1 millisecond'
          and not is_final and _run = ?
        order by %3$s
        for update)
      update %1$s g
      set is_final = true, _merged_at = now()
      from closed where g.ctid = closed.ctid
      """;

  private final RequiredTable table;
  private final String endColumn;
  private final long run;

  FinalRows(RequiredTable table, String endColumn, long run) {
    this.table = table;
    this.endColumn = endColumn;
    this.run = run;
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(table);
  }

  @Override
  public Map<String, Long> write(Connection connection, List<Long> ends) throws SQLException {
    String sql =
        UPDATE.formatted(
            table.schema() + "." + table.name(), endColumn, String.join(", ", table.key()));
    try (PreparedStatement update = connection.prepareStatement(sql)) {
      update.setLong(1, Collections.max(ends));
      update.setLong(2, run);
      return Map.of("rows_made_final", (long) update.executeUpdate());
    }
  }
}
