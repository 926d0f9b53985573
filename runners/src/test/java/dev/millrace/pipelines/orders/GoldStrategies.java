package dev.millrace.pipelines.orders;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.Migrations;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * Measures three ways to keep gold equal to the sum over silver, interleaved, for ADR 3. Run by
 * hand against a database of its own; prints rows per second, median and spread.
 */
public final class GoldStrategies {
  private static final int ORDERS = 100_000;
  private static final int BATCH = 5_000;
  private static final int ROUNDS = 3;
  private static final Instant START = Instant.parse("2026-05-01T00:00:00Z");

  /** The same columns and the same order of versions as {@link OrderRows} writes. */
  private static final String UPSERT =
      """
      insert into silver.orders_clean as s (order_id, customer_id, region, amount, currency, status,
        order_date, event_time, _loaded_at, _merged_at, _source_system, _source_topic,
        _source_partition, _source_offset)
      select order_id, customer_id, region, amount, currency, status,
        date 'epoch' + order_day,
        timestamptz 'epoch' + event_micros * interval '1 microsecond',
        timestamptz 'epoch' + loaded_micros * interval '1 microsecond',
        now(), system, topic, partition, record_offset
      from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as i (order_id, event_micros,
        loaded_micros, system, topic, partition, record_offset, customer_id, region, amount,
        currency, status, order_day)
      on conflict (order_id) do update
      set customer_id = excluded.customer_id, region = excluded.region, amount = excluded.amount,
        currency = excluded.currency, status = excluded.status, order_date = excluded.order_date,
        event_time = excluded.event_time, _loaded_at = excluded._loaded_at, _merged_at = now(),
        _source_system = excluded._source_system, _source_topic = excluded._source_topic,
        _source_partition = excluded._source_partition, _source_offset = excluded._source_offset
      where (s.event_time, s._loaded_at, s._source_system, s._source_topic, s._source_partition,
          s._source_offset)
        < (excluded.event_time, excluded._loaded_at, excluded._source_system,
          excluded._source_topic, excluded._source_partition, excluded._source_offset)
      """;

  private static final String TRIGGERS =
      """
      create function gold_add() returns trigger language plpgsql as $$ begin
        insert into gold.revenue_by_region as g
          select region, order_date, sum(amount), count(*), false, now() from new_rows
          group by 1, 2 order by 1, 2
        on conflict (region, order_date) do update
          set revenue = g.revenue + excluded.revenue, orders = g.orders + excluded.orders;
        return null; end $$;
      create function gold_change() returns trigger language plpgsql as $$ begin
        insert into gold.revenue_by_region as g
          select region, order_date, sum(amount), sum(n), false, now() from (
            select region, order_date, amount, 1 as n from new_rows
            union all select region, order_date, -amount, -1 from old_rows) c
          group by 1, 2 order by 1, 2
        on conflict (region, order_date) do update
          set revenue = g.revenue + excluded.revenue, orders = g.orders + excluded.orders;
        return null; end $$;
      create trigger gold_add after insert on silver.orders_clean
        referencing new table as new_rows for each statement execute function gold_add();
      create trigger gold_change after update on silver.orders_clean
        referencing new table as new_rows old table as old_rows
        for each statement execute function gold_change();
      """;

  private static final String RECOMPUTE =
      """
      insert into gold.revenue_by_region
        select region, order_date, sum(amount), count(*), false, now() from silver.orders_clean
        where order_date = any (?) group by 1, 2 order by 1, 2
      on conflict (region, order_date) do update
        set revenue = excluded.revenue, orders = excluded.orders, _merged_at = now()
      """;

  private GoldStrategies() {}

  /**
   * Takes the URL of a server's maintenance database, a user and a password; and, to measure one
   * case only, the number of days, the share of corrections and the number of writers.
   */
  public static void main(String[] args) throws SQLException {
    Database owner = new Database(args[0], args[1], args[2]);
    if (args.length > 3) {
      measure(
          owner, Integer.parseInt(args[3]), Double.parseDouble(args[4]), Integer.parseInt(args[5]));
      return;
    }
    for (int days : new int[] {1, 200}) {
      for (double corrections : new double[] {0, 0.3}) {
        for (int writers : new int[] {1, 2}) {
          measure(owner, days, corrections, writers);
        }
      }
    }
  }

  private static void measure(Database owner, int days, double corrections, int writers)
      throws SQLException {
    List<Order> orders = orders(days, corrections);
    String[] names = {"changes", "triggers", "recompute"};
    double[][] rates = new double[names.length][ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
      for (int way = 0; way < names.length; way++) {
        double rate = run(owner, names[way], orders, writers);
        if (round >= 0) {
          rates[way][round] = rate;
        }
      }
    }
    for (int way = 0; way < names.length; way++) {
      Arrays.sort(rates[way]);
      System.out.printf(
          "days %3d, corrections %2.0f%%, writers %d: %-9s %,8.0f rows/s (%,.0f to %,.0f)%n",
          days,
          corrections * 100,
          writers,
          names[way],
          rates[way][ROUNDS / 2],
          rates[way][0],
          rates[way][ROUNDS - 1]);
    }
  }

  private static double run(Database owner, String way, List<Order> orders, int writers)
      throws SQLException {
    try (Connection connection = owner.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("drop database if exists gold_strategies with (force)");
      statement.execute("create database gold_strategies");
    }
    Database database =
        new Database(
            owner.url().replaceAll("/[^/]*$", "/gold_strategies"), owner.user(), owner.password());
    Migrations.apply(database);
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      if (way.equals("triggers")) {
        statement.execute(TRIGGERS);
      } else if (way.equals("recompute")) {
        statement.execute("create index on silver.orders_clean (order_date, region)");
      }
    }
    long begin = System.nanoTime();
    List<CompletableFuture<Void>> running = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      int first = writer;
      running.add(CompletableFuture.runAsync(() -> write(database, way, orders, first, writers)));
    }
    running.forEach(CompletableFuture::join);
    return orders.size() / ((System.nanoTime() - begin) / 1e9);
  }

  private static void write(
      Database database, String way, List<Order> orders, int first, int step) {
    OrderRows changes = new OrderRows(TablePlace.LIVE);
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      for (int i = first * BATCH; i < orders.size(); i += step * BATCH) {
        List<Order> batch = orders.subList(i, Math.min(orders.size(), i + BATCH));
        if (way.equals("changes")) {
          changes.write(connection, batch);
        } else {
          // Two writers may deadlock between the two triggers; the lock spares them the retry.
          if (step > 1) {
            connection.createStatement().execute("select pg_advisory_xact_lock(1)");
          }
          upsert(connection, batch);
          if (way.equals("recompute")) {
            recompute(connection, batch);
          }
        }
        connection.commit();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void upsert(Connection connection, List<Order> batch) throws SQLException {
    List<Order> newest = new ArrayList<>(batch);
    newest.sort(Comparator.comparing(Order::orderId).thenComparing(Order.BY_VERSION.reversed()));
    for (int i = newest.size() - 1; i > 0; i--) {
      if (newest.get(i).orderId().equals(newest.get(i - 1).orderId())) {
        newest.remove(i);
      }
    }
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      OrderRows.setRows(connection, upsert, newest);
      upsert.executeUpdate();
    }
  }

  private static void recompute(Connection connection, List<Order> batch) throws SQLException {
    try (PreparedStatement recompute = connection.prepareStatement(RECOMPUTE)) {
      Object[] days = batch.stream().map(Order::orderDate).distinct().toArray();
      recompute.setArray(1, connection.createArrayOf("date", days));
      recompute.executeUpdate();
    }
  }

  private static List<Order> orders(int days, double corrections) {
    Random random = new Random(1);
    List<Order> orders = new ArrayList<>();
    for (int i = 0; i < ORDERS; i++) {
      boolean correction = i > BATCH && random.nextDouble() < corrections;
      int id = correction ? random.nextInt(i) : i;
      orders.add(
          new Order(
              "e-" + i,
              "o-" + id,
              null,
              "region-" + random.nextInt(38),
              BigDecimal.valueOf(random.nextInt(100_000), 2),
              "USD",
              "PAID",
              // A correction keeps its day.
              START.plusSeconds(86_400L * (id % days)).plusMillis(i),
              new RawRecord(null, new byte[0], List.of(), new Origin("kafka", "t", 0, i), START)));
    }
    return orders;
  }
}
