package dev.millrace.pipelines.orders;

import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RowWriter;
import dev.millrace.io.jdbc.TablePlace;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Ends of days that are over, in milliseconds since 1970: marks the rows of {@code
 * gold.revenue_by_region} final, those of earlier days too. When a day is over, all before it are;
 * and a stream that was started anew, without its checkpoint, doesn't remember which of them were
 * still open.
 */
final class FinalDayRows implements RowWriter<Long> {
  private static final long serialVersionUID = 1L;

  private static final String UPDATE =
      """
      with closed as (
        select g.region, g.order_date
        from %1$s g
        where g.order_date < (timestamptz 'epoch' + ? * interval '1 millisecond')::date
          and not g.is_final
        order by g.region, g.order_date
        for update)
      update %1$s g
      set is_final = true, _merged_at = now()
      from closed
      where g.region = closed.region and g.order_date = closed.order_date
      """;

  private final TablePlace place;

  FinalDayRows(TablePlace place) {
    this.place = place;
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(OrderRows.gold(place));
  }

  @Override
  public Map<String, Long> write(Connection connection, List<Long> ends) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(UPDATE.formatted(place.name("gold", OrderRows.GOLD)))) {
      update.setLong(1, Collections.max(ends));
      return Map.of("rows_made_final", (long) update.executeUpdate());
    }
  }
}
