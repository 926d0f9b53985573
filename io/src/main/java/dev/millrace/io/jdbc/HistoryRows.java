package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A dimension of type 2 (<a
 * href="https://www.kimballgroup.com/data-warehouse-business-intelligence-resources/kimball-techniques/dimensional-modeling-techniques/type-2/">Kimball</a>):
 * what was true of a key, and from when to when.
 *
 * <p>Two tables. The <em>changes</em> have every state that was told, by key and {@code
 * valid_from}; of two for the same time the one with the higher version counts. The
 * <em>history</em> has a row for each period in which nothing changed: key, attributes, {@code
 * valid_from} (inclusive), {@code valid_to} (exclusive, {@code infinity} for the current row),
 * {@code is_current}, {@code _merged_at}. It follows from the changes of the key alone, and is made
 * anew for each key of a batch in the same transaction. So the history doesn't depend on the order
 * in which changes come: a late one divides the period that it falls into, a corrected one replaces
 * what was told, a repeated one changes nothing.
 *
 * <p>The state at a time: {@code valid_from <= t and t < valid_to}. A change with {@code
 * is_deleted} ends a period, and none follows until the key is told again.
 */
public final class HistoryRows<T> implements RowWriter<T> {
  private static final long serialVersionUID = 1L;

  /** How many keys can be written at once; others wait for each other. */
  private static final int LOCKS = 64;

  private static final String BATCH = "pg_temp.millrace_changes";

  private final CopiedTable<T> changes;
  private final RequiredTable history;
  private final List<String> attributes;
  private final String lock;
  private final String addChanges;
  private final String follow;

  /**
   * Writes changes and the history that follows from them.
   *
   * @param changes the table of the changes: its key is that of the dimension and {@code
   *     valid_from}; its columns include {@code is_deleted boolean}
   * @param history the name of the table of the periods, in the same schema; with the same key
   * @param attributes the columns that the history tells
   * @param version by which the newest of several changes of a key and time is found; one with the
   *     same version is the same change
   */
  public HistoryRows(
      CopiedTable<T> changes, String history, List<String> attributes, List<String> version) {
    this.changes = changes;
    this.history = new RequiredTable(changes.schema(), history, changes.key());
    this.attributes = List.copyOf(attributes);
    List<String> key = changes.key().stream().filter(each -> !each.equals("valid_from")).toList();
    if (key.size() != changes.key().size() - 1) {
      throw new IllegalArgumentException(
          "the key of " + changes.fullName() + " must have valid_from as one of its columns");
    }
    this.lock = lock(key);
    this.addChanges = addChanges(version);
    this.follow = follow(key);
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(changes.keyed(), history);
  }

  @Override
  public Map<String, Long> write(Connection connection, List<T> rows) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "create temp table if not exists %s (like %s including defaults) on commit delete rows"
              .formatted(batch(), changes.fullName()));
      changes.copy(connection, batch(), rows);
      statement.execute(lock);
      long changed = statement.executeLargeUpdate(addChanges);
      long periods = changed == 0 ? 0 : statement.executeLargeUpdate(follow);
      return Map.of(
          "changed", changed, "unchanged", rows.size() - changed, "periods_written", periods);
    }
  }

  private String batch() {
    return BATCH + "_" + changes.schema() + "_" + changes.name();
  }

  private String historyName() {
    return history.schema() + "." + history.name();
  }

  /** Who changes a key is alone with it until the commit; always in the same order. */
  private String lock(List<String> key) {
    return """
        select pg_advisory_xact_lock(hashtext('%s'), bucket)
        from (select distinct mod(hashtext(row(%s)::text), %d) as bucket from %s order by bucket) b
        """
        .formatted(historyName(), CopiedTable.list(key), LOCKS, batch());
  }

  private String addChanges(List<String> version) {
    List<String> columns = changes.columns();
    return """
        insert into %1$s as c (%2$s)
        select %2$s from %3$s x order by %4$s
        on conflict (%4$s) do update set %5$s
        where (%6$s) < (%7$s)
        """
        .formatted(
            changes.fullName(),
            CopiedTable.list(columns),
            changes.newest(batch(), version),
            CopiedTable.list(changes.key()),
            CopiedTable.excluded(columns),
            CopiedTable.list("c", version),
            CopiedTable.list("excluded", version));
  }

  /**
   * The periods of the batch's keys, of which those that differ are written. Keys are looked up one
   * by one, by the index: the tables may be far larger than the batch.
   */
  private String follow(List<String> key) {
    List<String> told = new ArrayList<>(attributes);
    told.add("is_deleted");
    List<String> period = new ArrayList<>(List.of("valid_to", "is_current"));
    period.addAll(attributes);
    String before =
        told.stream()
            .map(each -> "lag(%s) over by_time".formatted(each))
            .collect(Collectors.joining(", "));
    String ofTheKey =
        key.stream()
            .map(each -> "x.%1$s = keys.%1$s".formatted(each))
            .collect(Collectors.joining(" and "));
    return """
        with keys as (select distinct %3$s from %2$s),
        told as (
          select c.*, lag(valid_from) over by_time is null
            or (%4$s) is distinct from (%5$s) as is_change
          from keys cross join lateral (select * from %1$s x where %13$s offset 0) c
          window by_time as (partition by %14$s order by valid_from)),
        periods as (
          select told.*, coalesce(lead(valid_from) over by_time, 'infinity') as valid_to,
            lead(valid_from) over by_time is null as is_current
          from told where is_change
          window by_time as (partition by %3$s order by valid_from)),
        fresh as materialized (select * from periods where not is_deleted),
        there as materialized (
          select h.* from keys cross join lateral (
            select x.ctid as place, x.* from %6$s x where %13$s offset 0) h),
        gone as (
          delete from %6$s
          where ctid = any (array(
            select place from there h
            where not exists (select from fresh where (%7$s) = (%8$s)))))
        insert into %6$s as h (%9$s, %10$s)
        select %9$s, %10$s from fresh
        where not exists (
          select from there h where (%7$s) = (%8$s) and (%12$s) is not distinct from (%15$s))
        order by %9$s
        on conflict (%9$s) do update set %11$s, _merged_at = now()
        """
        .formatted(
            changes.fullName(),
            batch(),
            CopiedTable.list(key),
            CopiedTable.list(told),
            before,
            historyName(),
            CopiedTable.list("fresh", changes.key()),
            CopiedTable.list("h", changes.key()),
            CopiedTable.list(changes.key()),
            CopiedTable.list(period),
            CopiedTable.excluded(period),
            CopiedTable.list("h", period),
            ofTheKey,
            CopiedTable.list("c", key),
            CopiedTable.list("fresh", period));
  }
}
