package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tables of a pipeline in which the rows of a day can be made anew: a run writes them beside the
 * live ones, and they take their place. What is said here holds for tables whose rows are results
 * of the day alone; others say what is different.
 */
public interface Repairable {

  /** The tables, in the order in which they are changed and locked. */
  List<DailyTable> tables();

  /** The live rows that a run answers for, as something to select from. */
  default String liveRows(DailyTable table, Run run) {
    return table.rows(TablePlace.LIVE, run.range());
  }

  /** What is to stand in their place, as something to select from. */
  default String newRows(DailyTable table, Run run) {
    return table.rows(run.place(), run.range());
  }

  /**
   * Those of {@link #tables} whose rows tell by {@code _merged_at} that they are newer than a run.
   */
  default List<DailyTable> fenced() {
    return tables();
  }

  /**
   * Puts the run's rows in the place of the live ones, in the connection's transaction, in which
   * the tables are locked. Rows that say the same stay as they are.
   *
   * @return how many rows were removed, added and replaced, by table
   */
  default Map<String, Changes> swap(Connection connection, Run run) throws SQLException {
    Map<String, Changes> changes = new TreeMap<>();
    for (DailyTable table : tables()) {
      changes.put(
          table.live(), replace(connection, table, liveRows(table, run), newRows(table, run)));
    }
    return changes;
  }

  /**
   * What a swap has done to a table.
   *
   * @param removed rows that have no successor
   * @param added rows that have no predecessor
   * @param replaced rows of which a column differed
   */
  record Changes(long removed, long added, long replaced) {}

  /**
   * Makes live rows equal to new ones, but for bookkeeping.
   *
   * @param live the rows of {@code table} that may be changed
   * @param rows those to be there; with all of its columns
   */
  static Changes replace(Connection connection, DailyTable table, String live, String rows)
      throws SQLException {
    String keys =
        table.key().stream().map(each -> "live." + each).collect(Collectors.joining(", "));
    String sameKey =
        table.key().stream()
            .map(each -> "live.%1$s = fresh.%1$s".formatted(each))
            .collect(Collectors.joining(" and "));
    List<String> columns = columns(connection, table);
    String values =
        Stream.of("live", "fresh")
            .map(
                side ->
                    columns.stream()
                        .filter(each -> !table.bookkeeping().contains(each))
                        .map(each -> side + "." + each)
                        .collect(Collectors.joining(", ", "(", ")")))
            .collect(Collectors.joining(" is distinct from "));
    try (Statement statement = connection.createStatement()) {
      statement.execute("drop table if exists pg_temp.millrace_fresh, pg_temp.millrace_stale");
      statement.execute(
          "create temp table millrace_fresh on commit drop as select * from %s x".formatted(rows));
      statement.execute(
          """
          create temp table millrace_stale on commit drop as
          select %1$s, fresh.there is not null as has_successor
          from %2$s live left join (select true as there, * from pg_temp.millrace_fresh) fresh on %3$s
          where fresh.there is null or %4$s
          """
              .formatted(keys, live, sameKey, values));
      long stale =
          statement.executeUpdate(
              "delete from %1$s live using pg_temp.millrace_stale fresh where %2$s"
                  .formatted(table.live(), sameKey));
      long replaced;
      try (ResultSet count =
          statement.executeQuery(
              "select count(*) filter (where has_successor) from pg_temp.millrace_stale")) {
        count.next();
        replaced = count.getLong(1);
      }
      String names = String.join(", ", columns);
      long added =
          statement.executeUpdate(
              """
              insert into %1$s (%2$s)
              select %2$s from pg_temp.millrace_fresh fresh
              where not exists (select from %1$s live where %3$s)
              """
                  .formatted(table.live(), names, sameKey));
      return new Changes(stale - replaced, added - replaced, replaced);
    }
  }

  private static List<String> columns(Connection connection, DailyTable table) throws SQLException {
    try (ResultSet names =
        connection
            .createStatement()
            .executeQuery(
                """
                select quote_ident(attname) from pg_attribute
                where attrelid = to_regclass('%s') and attnum > 0 and not attisdropped
                  and attgenerated = ''
                order by attnum
                """
                    .formatted(table.live()))) {
      Stream.Builder<String> columns = Stream.builder();
      while (names.next()) {
        columns.add(names.getString(1));
      }
      return columns.build().toList();
    }
  }
}
