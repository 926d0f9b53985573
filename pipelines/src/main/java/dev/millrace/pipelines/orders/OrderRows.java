package dev.millrace.pipelines.orders;

import dev.millrace.io.jdbc.Columns;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RowWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Orders into {@code silver.orders_clean}, newest version by {@link Order#BY_VERSION}, and in the
 * same transaction the difference that this makes into {@code gold.revenue_by_region}.
 *
 * <p>Gold changes by the old and new values of the silver rows that really changed, so it equals
 * the sum over silver after every commit, whoever writes and however often (ADR 3). Counts {@code
 * inserted}, {@code updated}, {@code unchanged} and {@code final_rows_corrected}.
 */
public final class OrderRows implements RowWriter<Order> {
  private static final long serialVersionUID = 1L;

  static final RequiredTable SILVER =
      new RequiredTable("silver", "orders_clean", List.of("order_id"));
  static final RequiredTable GOLD =
      new RequiredTable("gold", "revenue_by_region", List.of("region", "order_date"));

  private static final String ARRAYS = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
  private static final String COLUMNS =
      "order_id, event_id, event_micros, loaded_micros, system, topic, partition, record_offset,"
          + " customer_id, region, amount, currency, status, order_day";

  /** Orders that are new; those that exist are neither changed nor locked. */
  private static final String INSERT =
      """
      insert into silver.orders_clean (order_id, event_id, customer_id, region, amount, currency, status,
        order_date, event_time, _loaded_at, _merged_at, _source_system, _source_topic,
        _source_partition, _source_offset)
      select order_id, event_id, customer_id, region, amount, currency, status,
        date 'epoch' + order_day,
        timestamptz 'epoch' + event_micros * interval '1 microsecond',
        timestamptz 'epoch' + loaded_micros * interval '1 microsecond',
        now(), system, topic, partition, record_offset
      from unnest(%s) as incoming (%s)
      on conflict (order_id) do nothing
      returning order_id
      """
          .formatted(ARRAYS, COLUMNS);

  /**
   * Rows that are older than what came, as they are, locked in the order of their keys. The same
   * event, delivered once more, is no newer version: which delivery is admitted, differs from run
   * to run.
   */
  private static final String LOCK_OLDER =
      """
      select s.order_id, s.region, s.order_date, s.amount
      from silver.orders_clean s join unnest(%s) as incoming (%s) using (order_id)
      where (s.event_time, s._loaded_at, s._source_system, s._source_topic, s._source_partition,
          s._source_offset)
        < (timestamptz 'epoch' + event_micros * interval '1 microsecond',
          timestamptz 'epoch' + loaded_micros * interval '1 microsecond',
          system, topic, partition, record_offset)
        and (s.event_id, s.event_time, s.customer_id, s.region, s.amount, s.currency, s.status)
          is distinct from (incoming.event_id,
            timestamptz 'epoch' + event_micros * interval '1 microsecond', incoming.customer_id,
            incoming.region, incoming.amount, incoming.currency, incoming.status)
      order by s.order_id
      for update of s
      """
          .formatted(ARRAYS, COLUMNS);

  private static final String UPDATE =
      """
      update silver.orders_clean s
      set event_id = incoming.event_id, customer_id = incoming.customer_id, region = incoming.region,
        amount = incoming.amount, currency = incoming.currency, status = incoming.status,
        order_date = date 'epoch' + order_day,
        event_time = timestamptz 'epoch' + event_micros * interval '1 microsecond',
        _loaded_at = timestamptz 'epoch' + loaded_micros * interval '1 microsecond',
        _merged_at = now(), _source_system = system, _source_topic = topic,
        _source_partition = partition, _source_offset = record_offset
      from unnest(%s) as incoming (%s)
      where s.order_id = incoming.order_id
      """
          .formatted(ARRAYS, COLUMNS);

  /** The scale depends on the value only, as that of the amounts: equal sums are equal bytes. */
  private static final String ADD_TO_GOLD =
      """
      insert into gold.revenue_by_region as g (region, order_date, revenue, orders, is_final,
        _merged_at)
      select region, date 'epoch' + order_day,
        round(revenue, greatest(2, min_scale(revenue))), orders, false, now()
      from unnest(?, ?, ?, ?) as change (region, order_day, revenue, orders)
      on conflict (region, order_date) do update
      set revenue = round(g.revenue + excluded.revenue,
          greatest(2, min_scale(g.revenue + excluded.revenue))),
        orders = g.orders + excluded.orders,
        _merged_at = excluded._merged_at
      returning is_final
      """;

  private static final String DELETE_EMPTY_GOLD =
      """
      delete from gold.revenue_by_region g
      using unnest(?, ?) as change (region, order_day)
      where g.region = change.region and g.order_date = date 'epoch' + order_day and g.orders = 0
      """;

  @Override
  public List<RequiredTable> tables() {
    return List.of(SILVER, GOLD);
  }

  @Override
  public Map<String, Long> write(Connection connection, List<Order> orders) throws SQLException {
    List<Order> newest = newestOfEach(orders);
    RevenueChanges changes = new RevenueChanges();
    Set<String> inserted = insert(connection, newest);
    List<Order> existing = new ArrayList<>();
    for (Order order : newest) {
      if (inserted.contains(order.orderId())) {
        changes.add(order.region(), order.orderDate(), order.amount());
      } else {
        existing.add(order);
      }
    }
    int updated = existing.isEmpty() ? 0 : update(connection, existing, changes);
    long corrections = changes.isEmpty() ? 0 : addToGold(connection, changes.list());
    return Map.of(
        "inserted", (long) inserted.size(),
        "updated", (long) updated,
        "unchanged", (long) (orders.size() - inserted.size() - updated),
        "final_rows_corrected", corrections);
  }

  @Override
  public long bytes(Order order) {
    return order.record().valueBytes();
  }

  /** One version of each order, in the order of the keys, in which all writers take their locks. */
  private static List<Order> newestOfEach(List<Order> orders) {
    Map<String, Order> newest = new TreeMap<>();
    for (Order order : orders) {
      newest.merge(order.orderId(), order, (a, b) -> Order.BY_VERSION.compare(a, b) >= 0 ? a : b);
    }
    return new ArrayList<>(newest.values());
  }

  private static Set<String> insert(Connection connection, List<Order> orders) throws SQLException {
    Set<String> inserted = new HashSet<>();
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      setRows(connection, insert, orders);
      try (ResultSet ids = insert.executeQuery()) {
        while (ids.next()) {
          inserted.add(ids.getString(1));
        }
      }
    }
    return inserted;
  }

  private static int update(Connection connection, List<Order> orders, RevenueChanges changes)
      throws SQLException {
    Map<String, Order> byId = new HashMap<>();
    orders.forEach(order -> byId.put(order.orderId(), order));
    List<Order> newer = new ArrayList<>();
    try (PreparedStatement lock = connection.prepareStatement(LOCK_OLDER)) {
      setRows(connection, lock, orders);
      try (ResultSet older = lock.executeQuery()) {
        while (older.next()) {
          Order order = byId.get(older.getString(1));
          changes.subtract(
              older.getString(2), older.getObject(3, LocalDate.class), older.getBigDecimal(4));
          changes.add(order.region(), order.orderDate(), order.amount());
          newer.add(order);
        }
      }
    }
    if (newer.isEmpty()) {
      return 0;
    }
    try (PreparedStatement update = connection.prepareStatement(UPDATE)) {
      setRows(connection, update, newer);
      return update.executeUpdate();
    }
  }

  /** Returns how many of the changed rows were final. */
  private static long addToGold(Connection connection, List<RevenueChanges.Change> changes)
      throws SQLException {
    long corrections = 0;
    try (PreparedStatement add = connection.prepareStatement(ADD_TO_GOLD)) {
      Columns<RevenueChanges.Change> columns = new Columns<>(connection, add, changes, 1);
      columns.text(RevenueChanges.Change::region);
      columns.days(RevenueChanges.Change::orderDate);
      columns.numeric(RevenueChanges.Change::revenue);
      columns.bigint(RevenueChanges.Change::orders);
      try (ResultSet results = add.executeQuery()) {
        while (results.next()) {
          corrections += results.getBoolean(1) ? 1 : 0;
        }
      }
    }
    List<RevenueChanges.Change> fewer =
        changes.stream().filter(change -> change.orders() < 0).toList();
    if (!fewer.isEmpty()) {
      try (PreparedStatement delete = connection.prepareStatement(DELETE_EMPTY_GOLD)) {
        Columns<RevenueChanges.Change> columns = new Columns<>(connection, delete, fewer, 1);
        columns.text(RevenueChanges.Change::region);
        columns.days(RevenueChanges.Change::orderDate);
        delete.executeUpdate();
      }
    }
    return corrections;
  }

  static void setRows(Connection connection, PreparedStatement statement, List<Order> orders)
      throws SQLException {
    Columns<Order> columns = new Columns<>(connection, statement, orders, 1);
    columns.text(Order::orderId);
    columns.text(Order::eventId);
    columns.micros(Order::eventTime);
    columns.micros(order -> order.record().loadedAt());
    columns.text(order -> order.record().origin().system());
    columns.text(order -> order.record().origin().topic());
    columns.integer(order -> order.record().origin().partition());
    columns.bigint(order -> order.record().origin().offset());
    columns.text(Order::customerId);
    columns.text(Order::region);
    columns.numeric(Order::amount);
    columns.text(Order::currency);
    columns.text(Order::status);
    columns.days(Order::orderDate);
  }
}
