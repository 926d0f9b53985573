package dev.millrace.benchmarks;

import dev.millrace.io.jdbc.BinaryCopy;
import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.pipelines.orders.Order;
import dev.millrace.pipelines.orders.OrderRows;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares the product's writer of orders with the fastest way into its table. */
@Command(
    name = "writer",
    description = {
      "Write new orders by one connection, 5,000 a transaction: as 'orders' does, with the guard"
          + " against older versions and gold in the same transaction; and by COPY alone.",
      "Interleaved, each into an emptied table, after a round that doesn't count."
    },
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class WriterCommand implements Callable<Integer> {
  private static final int TRANSACTION = 5_000;
  private static final Instant START = Instant.parse("2026-05-26T00:00:00Z");
  private static final List<String> REGIONS = List.of("DE", "FR", "GB", "JP", "US", "BR");
  private static final long SEED = 20260526;

  @Mixin private DatabaseOptions databases;

  @Option(names = "--rows", paramLabel = "N", description = "Orders of a round.")
  private int rows = 500_000;

  @Option(names = "--rounds", paramLabel = "R", description = "How often.")
  private int rounds = 5;

  private interface Way {
    void write(Connection connection, List<Order> orders) throws SQLException;
  }

  @Override
  public Integer call() throws SQLException {
    Database database = databases.fresh();
    OrderRows writer = new OrderRows(TablePlace.LIVE);
    List<Order> orders = orders();
    List<Double> ours = new ArrayList<>();
    List<Double> copies = new ArrayList<>();
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      for (int round = 0; round <= rounds; round++) {
        System.err.printf("Round %d of %d%n", round, rounds);
        double rate = rate(connection, orders, writer::write);
        double copied = rate(connection, orders, WriterCommand::copy);
        if (round > 0) {
          ours.add(rate);
          copies.add(copied);
        }
      }
    }
    Summary.Spread our = Summary.Spread.of(ours, each -> each);
    Summary.Spread copy = Summary.Spread.of(copies, each -> each);
    System.out.printf(
        Locale.ROOT,
        "writer of orders: %s rows/s%nCOPY:             %s rows/s%nwriter / COPY:    %.2f%n",
        our.text("%,.0f"),
        copy.text("%,.0f"),
        our.median() / copy.median());
    return 0;
  }

  private static double rate(Connection connection, List<Order> orders, Way way)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("truncate silver.orders_clean, gold.revenue_by_region");
    }
    connection.commit();
    long begin = System.nanoTime();
    for (int i = 0; i < orders.size(); i += TRANSACTION) {
      way.write(connection, orders.subList(i, Math.min(orders.size(), i + TRANSACTION)));
      connection.commit();
    }
    return orders.size() * 1e9 / (System.nanoTime() - begin);
  }

  private static void copy(Connection connection, List<Order> orders) throws SQLException {
    try (BinaryCopy copy = BinaryCopy.into(connection, "silver.orders_clean " + OrderRows.COPIED)) {
      for (Order order : orders) {
        OrderRows.copy(order, copy);
      }
      copy.end();
    }
  }

  private List<Order> orders() {
    SplittableRandom random = new SplittableRandom(SEED);
    List<Order> orders = new ArrayList<>(rows);
    for (int i = 0; i < rows; i++) {
      Instant time = START.plus(Duration.ofMillis(100L * i));
      orders.add(
          new Order(
              String.format("e-%09d", i),
              String.format("o-%09d", i),
              "c-" + random.nextInt(100_000),
              REGIONS.get(random.nextInt(REGIONS.size())),
              BigDecimal.valueOf(random.nextInt(1, 100_000), 2),
              "EUR",
              "PAID",
              time,
              new RawRecord(
                  null, new byte[0], List.of(), new Origin("kafka", "orders", i % 4, i), time)));
    }
    return orders;
  }
}
