package dev.millrace.pipelines.orders;

import dev.millrace.io.jdbc.BinaryCopy;
import dev.millrace.io.jdbc.Columns;
import dev.millrace.io.jdbc.RefusedRowException;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.RowWriter;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.admission.AdmitOnce;
import dev.millrace.transforms.record.Origin;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
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

  static final String SILVER = "orders_clean";
  static final String GOLD = "revenue_by_region";

  private static final String ARRAYS = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
  private static final String COLUMNS =
      "order_id, event_id, event_micros, loaded_micros, system, topic, partition, record_offset,"
          + " customer_id, region, amount, currency, status, order_day";

  /**
   * Keys are looked up by the index, whatever PostgreSQL makes of arrays of unknown length and of a
   * table that was small when it made its plan, or is as large as a scan of it is cheaper in
   * theory.
   */
  private static final String BY_INDEX =
      """
      select set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)
      """;

  private static final String EXISTING = "select order_id from SILVER where order_id = any (?)";

  /** The columns of {@link #copy}. */
  public static final String COPIED =
      """
      (order_id, event_id, customer_id, region, amount, currency, status,
        order_date, event_time, _loaded_at, _source_system, _source_topic, _source_partition,
        _source_offset)""";

  private static final int COPIED_FIELDS = 14;

  private static final String UNIQUE_VIOLATION = "23505";

  /** Orders that are new; those that exist are neither changed nor locked. */
  private static final String INSERT =
      """
      insert into SILVER (order_id, event_id, customer_id, region, amount, currency, status,
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
   * Replaces rows that are older than what came, and says what they were. They are locked first, in
   * the order of their keys. The same event, delivered once more, is no newer version: which
   * delivery is admitted, differs from run to run.
   */
  private static final String UPDATE =
      """
      with older as (
        select incoming.*, s.region as old_region, s.order_date as old_date, s.amount as old_amount
        from SILVER s join unnest(%s) as incoming (%s) using (order_id)
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
        for update of s)
      update SILVER s
      set event_id = older.event_id, customer_id = older.customer_id, region = older.region,
        amount = older.amount, currency = older.currency, status = older.status,
        order_date = date 'epoch' + order_day,
        event_time = timestamptz 'epoch' + event_micros * interval '1 microsecond',
        _loaded_at = timestamptz 'epoch' + loaded_micros * interval '1 microsecond',
        _merged_at = now(), _source_system = system, _source_topic = topic,
        _source_partition = partition, _source_offset = record_offset
      from older
      where s.order_id = older.order_id
      returning s.order_id, older.old_region, older.old_date, older.old_amount
      """
          .formatted(ARRAYS, COLUMNS);

  /** The scale depends on the value only, as that of the amounts: equal sums are equal bytes. */
  private static final String ADD_TO_GOLD =
      """
      insert into GOLD as g (region, order_date, revenue, orders, is_final,
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
      delete from GOLD g
      using unnest(?, ?) as change (region, order_day)
      where g.region = change.region and g.order_date = date 'epoch' + order_day and g.orders = 0
      """;

  /** Looks into the live table, also when others are written. */
  private static final String CONFLICTS =
      """
      select s.event_id
      from silver.orders_clean s join unnest(%s) as incoming (%s) using (order_id)
      where s.event_id = incoming.event_id
        and (s.event_time, s.customer_id, s.region, s.amount, s.currency, s.status)
          is distinct from (timestamptz 'epoch' + event_micros * interval '1 microsecond',
            incoming.customer_id, incoming.region, incoming.amount, incoming.currency,
            incoming.status)
      limit 1
      """
          .formatted(ARRAYS, COLUMNS);

  private final TablePlace place;
  private final boolean alone;
  private final String silver;
  private final String gold;

  /** Writes the live tables, or a run's own. */
  public OrderRows(TablePlace place) {
    this(place, false);
  }

  private OrderRows(TablePlace place, boolean alone) {
    this.place = place;
    this.alone = alone;
    this.silver = place.name("silver", SILVER);
    this.gold = place.name("gold", GOLD);
  }

  /**
   * The same for events that come alone, without those that admission would compare them with: one
   * whose id the table has with another content is refused.
   */
  OrderRows refusingConflicts() {
    return new OrderRows(place, true);
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(
        new RequiredTable(place.schema("silver"), SILVER, List.of("order_id")), gold(place));
  }

  static RequiredTable gold(TablePlace place) {
    return new RequiredTable(place.schema("gold"), GOLD, List.of("region", "order_date"));
  }

  /** The statement with the names of the tables. */
  private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
    return connection.prepareStatement(sql.replace("SILVER", silver).replace("GOLD", gold));
  }

  @Override
  public Map<String, Long> write(Connection connection, List<Order> orders) throws SQLException {
    try (PreparedStatement plans = connection.prepareStatement(BY_INDEX)) {
      plans.execute();
    }
    if (alone) {
      refuseConflicts(connection, orders);
    }
    List<Order> newest = newestOfEach(orders);
    RevenueChanges changes = new RevenueChanges();
    List<Order> existing = insertNew(connection, newest, changes);
    int inserted = newest.size() - existing.size();
    int updated = existing.isEmpty() ? 0 : update(connection, existing, changes);
    long corrections = changes.isEmpty() ? 0 : addToGold(connection, changes.list());
    return Map.of(
        "inserted", (long) inserted,
        "updated", (long) updated,
        "unchanged", (long) (orders.size() - inserted - updated),
        "final_rows_corrected", corrections);
  }

  @Override
  public long bytes(Order order) {
    return order.record().valueBytes();
  }

  private static void refuseConflicts(Connection connection, List<Order> orders)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(CONFLICTS)) {
      setRows(connection, query, orders);
      try (ResultSet conflict = query.executeQuery()) {
        if (conflict.next()) {
          throw new RefusedRowException(
              AdmitOnce.CONFLICTING,
              "the table has an event with the id "
                  + conflict.getString(1)
                  + " and another content: one of the two is wrong");
        }
      }
    }
  }

  /** One version of each order, in the order of the keys, in which all writers take their locks. */
  private static List<Order> newestOfEach(List<Order> orders) {
    Map<String, Order> newest = new TreeMap<>();
    for (Order order : orders) {
      newest.merge(order.orderId(), order, (a, b) -> Order.BY_VERSION.compare(a, b) >= 0 ? a : b);
    }
    return new ArrayList<>(newest.values());
  }

  /** Returns the orders that were there already. */
  private List<Order> insertNew(Connection connection, List<Order> orders, RevenueChanges changes)
      throws SQLException {
    Set<String> there = existing(connection, orders);
    List<Order> existing = new ArrayList<>();
    List<Order> fresh = new ArrayList<>(orders.size());
    orders.forEach(order -> (there.contains(order.orderId()) ? existing : fresh).add(order));
    if (!fresh.isEmpty() && !copied(connection, fresh)) {
      // Another writer has inserted one of them since we looked.
      Set<String> inserted = insert(connection, fresh);
      fresh.stream().filter(order -> !inserted.contains(order.orderId())).forEach(existing::add);
      fresh.removeIf(order -> !inserted.contains(order.orderId()));
      existing.sort(Comparator.comparing(Order::orderId));
    }
    fresh.forEach(order -> changes.add(order.region(), order.orderDate(), order.amount()));
    return existing;
  }

  private Set<String> existing(Connection connection, List<Order> orders) throws SQLException {
    try (PreparedStatement select = prepare(connection, EXISTING)) {
      new Columns<>(connection, select, orders, 1).text(Order::orderId);
      return ids(select);
    }
  }

  /**
   * Copies orders that are new: at half of what an insert costs that bears conflicts.
   *
   * @return false, and nothing is changed, if one of them is there
   */
  private boolean copied(Connection connection, List<Order> orders) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try (BinaryCopy copy = BinaryCopy.into(connection, silver + COPIED)) {
      for (Order order : orders) {
        copy(order, copy);
      }
      copy.end();
    } catch (SQLException e) {
      if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
        throw e;
      }
      connection.rollback(before);
      return false;
    }
    connection.releaseSavepoint(before);
    return true;
  }

  /** Adds an order to a copy into {@link #COPIED}. */
  public static void copy(Order order, BinaryCopy copy) throws SQLException {
    copy.row(COPIED_FIELDS);
    copy.text(order.orderId());
    copy.text(order.eventId());
    copy.text(order.customerId());
    copy.text(order.region());
    copy.numeric(order.amount());
    copy.text(order.currency());
    copy.text(order.status());
    copy.date(order.orderDate());
    copy.timestamp(order.eventTime());
    copy.timestamp(order.record().loadedAt());
    Origin origin = order.record().origin();
    copy.text(origin.system());
    copy.text(origin.topic());
    copy.integer(origin.partition());
    copy.bigint(origin.offset());
  }

  private Set<String> insert(Connection connection, List<Order> orders) throws SQLException {
    try (PreparedStatement insert = prepare(connection, INSERT)) {
      setRows(connection, insert, orders);
      return ids(insert);
    }
  }

  private static Set<String> ids(PreparedStatement statement) throws SQLException {
    Set<String> ids = new HashSet<>();
    try (ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        ids.add(result.getString(1));
      }
    }
    return ids;
  }

  /** Returns how many rows were older. */
  private int update(Connection connection, List<Order> orders, RevenueChanges changes)
      throws SQLException {
    Map<String, Order> byId = new HashMap<>();
    orders.forEach(order -> byId.put(order.orderId(), order));
    int updated = 0;
    try (PreparedStatement update = prepare(connection, UPDATE)) {
      setRows(connection, update, orders);
      try (ResultSet older = update.executeQuery()) {
        while (older.next()) {
          Order order = byId.get(older.getString(1));
          changes.subtract(
              older.getString(2), older.getObject(3, LocalDate.class), older.getBigDecimal(4));
          changes.add(order.region(), order.orderDate(), order.amount());
          updated++;
        }
      }
    }
    return updated;
  }

  /** Returns how many of the changed rows were final. */
  private long addToGold(Connection connection, List<RevenueChanges.Change> changes)
      throws SQLException {
    long corrections = 0;
    try (PreparedStatement add = prepare(connection, ADD_TO_GOLD)) {
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
      try (PreparedStatement delete = prepare(connection, DELETE_EMPTY_GOLD)) {
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
