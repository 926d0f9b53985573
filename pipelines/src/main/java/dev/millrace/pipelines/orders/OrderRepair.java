package dev.millrace.pipelines.orders;

import dev.millrace.io.jdbc.DailyTable;
import dev.millrace.io.jdbc.Repairable;
import dev.millrace.io.jdbc.Run;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.time.TimeRange;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Days of orders. The newest version of an order stands in the day of that version, so a day alone
 * doesn't say everything:
 *
 * <ul>
 *   <li>A version that the run has made of the day doesn't come back where the live table has a
 *       newer one, in whatever day.
 *   <li>A live row whose record entered the log beyond what the run has read stays.
 *   <li>An older version that stands in another day, since the newer one was missing, goes.
 *   <li>Gold is summed up anew for each day that silver changes.
 * </ul>
 */
public final class OrderRepair implements Repairable {
  private static final List<String> ORIGIN =
      List.of(
          "_loaded_at",
          "_merged_at",
          "_source_system",
          "_source_topic",
          "_source_partition",
          "_source_offset");

  private static final DailyTable SILVER =
      new DailyTable("silver", OrderRows.SILVER, List.of("order_id"), "order_date", ORIGIN);

  private static final DailyTable GOLD =
      new DailyTable(
          "gold",
          OrderRows.GOLD,
          List.of("region", "order_date"),
          "order_date",
          List.of("_merged_at"));

  private static final String VERSION =
      "(%1$s.event_time, %1$s._loaded_at, %1$s._source_system, %1$s._source_topic,"
          + " %1$s._source_partition, %1$s._source_offset)";

  /** As OrderRows adds it up: the scale depends on the value only. */
  private static final String SUMS =
      """
      select region, order_date, round(sum(amount), greatest(2, min_scale(sum(amount)))) as revenue,
        count(*) as orders, true as is_final, now() as _merged_at
      from %s o group by region, order_date""";

  @Override
  public List<DailyTable> tables() {
    return List.of(SILVER, GOLD);
  }

  /**
   * Gold changes whenever an order leaves the day, for a newer version of which the run can't know.
   */
  @Override
  public List<DailyTable> fenced() {
    return List.of(SILVER);
  }

  @Override
  public String liveRows(DailyTable table, Run run) {
    String rows = table.rows(TablePlace.LIVE, run.range());
    return table.equals(GOLD)
        ? rows
        : "(select * from %s y where %s)".formatted(rows, wasRead("y", run));
  }

  @Override
  public String newRows(DailyTable table, Run run) {
    return table.equals(GOLD) ? newGold(run) : newSilver(run);
  }

  private static String newSilver(Run run) {
    return """
        (select fresh.* from %s fresh
        where not exists (
          select from silver.orders_clean live
          where live.order_id = fresh.order_id and %s > %s and not (%s)))"""
        .formatted(
            SILVER.rows(run.place(), run.range()),
            VERSION.formatted("live"),
            VERSION.formatted("fresh"),
            isReplaced("live", run));
  }

  /** What silver will be: the run's rows, and the live ones that stay. */
  private static String newGold(Run run) {
    String silver =
        """
        (select region, order_date, amount from %1$s fresh
        union all
        select region, order_date, amount from %2$s kept
        where not (%3$s)
          and not exists (select from %1$s fresh where fresh.order_id = kept.order_id))"""
            .formatted(
                newSilver(run), SILVER.rows(TablePlace.LIVE, run.range()), wasRead("kept", run));
    return "(" + SUMS.formatted(silver) + ")";
  }

  /** Whether a live row is one that the run answers for. */
  private static String isReplaced(String alias, Run run) {
    return SILVER.isIn(alias, run.range()) + " and " + wasRead(alias, run);
  }

  /** Whether a row's record is among those that the run has read. */
  private static String wasRead(String alias, Run run) {
    return bound(alias, ">=", run.readFrom()) + " and " + bound(alias, "<", run.readTo());
  }

  private static String bound(String alias, String comparison, @Nullable Instant time) {
    return time == null
        ? "true"
        : "%s._loaded_at %s timestamptz '%s'"
            .formatted(alias, comparison, time.atOffset(ZoneOffset.UTC));
  }

  @Override
  public Map<String, Changes> swap(Connection connection, Run run) throws SQLException {
    Map<String, Changes> changes = new TreeMap<>();
    Set<LocalDate> others = dropOlder(connection, run);
    changes.put(
        SILVER.live(),
        Repairable.replace(connection, SILVER, liveRows(SILVER, run), newSilver(run)));
    changes.put(GOLD.live(), gold(connection, run.range()));
    for (LocalDate day : others) {
      changes.put(GOLD.live() + " of " + day, gold(connection, TimeRange.of(day)));
    }
    return changes;
  }

  /** Removes older versions that the run doesn't answer for, and says of which days. */
  private static Set<LocalDate> dropOlder(Connection connection, Run run) throws SQLException {
    String sql =
        """
        with gone as (
          delete from silver.orders_clean live using %s fresh
          where live.order_id = fresh.order_id and %s < %s and not (%s)
          returning live.order_date)
        select distinct order_date from gone
        """
            .formatted(
                newSilver(run),
                VERSION.formatted("live"),
                VERSION.formatted("fresh"),
                isReplaced("live", run));
    try (Statement statement = connection.createStatement();
        ResultSet days = statement.executeQuery(sql)) {
      Set<LocalDate> found = new TreeSet<>();
      while (days.next()) {
        found.add(days.getObject(1, LocalDate.class));
      }
      found.removeIf(day -> run.day() == null || day.equals(run.day()));
      return found;
    }
  }

  private static Changes gold(Connection connection, TimeRange range) throws SQLException {
    return Repairable.replace(
        connection,
        GOLD,
        GOLD.rows(TablePlace.LIVE, range),
        "(" + SUMS.formatted(SILVER.rows(TablePlace.LIVE, range)) + ")");
  }
}
