package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.Migrations;
import dev.millrace.io.jdbc.Runs;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.io.kafka.GroupLag;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.runners.feed.Events;
import dev.millrace.runners.feed.Faults;
import dev.millrace.runners.feed.Feed;
import dev.millrace.runners.launch.FlinkJobs;
import dev.millrace.runners.launch.FlinkTarget;
import dev.millrace.runners.launch.Launch;
import dev.millrace.runners.launch.Told;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.local.LocalStack;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;

/** Shows the orders pipeline at work, on servers of its own that are gone afterwards. */
@Command(
    name = "demo",
    description = "Show a live stream of real orders on a stack of its own: two to three minutes.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Runnable {
  private static final String TOPIC = "orders";
  private static final EventTime EVENT_TIME = EventTime.ofField("event_time");
  private static final int RATE = 180;
  private static final Duration REPORT_INTERVAL = Duration.ofSeconds(5);
  private static final Duration QUIET_TIMEOUT = Duration.ofMinutes(1);
  private static final Faults FAULTS =
      new Faults(0.05, Duration.ofSeconds(60), 0.01, Faults.LATE_BY, 0.01, 0, 2026);

  private static final String PROGRESS =
      """
      select (select count(*) from silver.orders_clean) as orders,
        (select count(*) from gold.revenue_by_region) as gold_rows,
        (select coalesce(sum(revenue), 0) from gold.revenue_by_region) as revenue,
        (select count(distinct order_date) from gold.revenue_by_region where is_final) as days,
        (select count(*) from ops.dead_letters) as letters
      """;
  private static final String GOLD =
      """
      select region, count(*) as days, sum(orders) as orders, sum(revenue) as revenue,
        count(*) filter (where is_final) as final_days
      from gold.revenue_by_region group by region order by sum(revenue) desc limit 8
      """;
  private static final String PROOF =
      """
      select count(*) from (
        select region, order_date, sum(amount) as revenue, count(*) as orders
        from silver.orders_clean group by 1, 2) s
      full join gold.revenue_by_region g using (region, order_date)
      where (s.revenue, s.orders) is distinct from (g.revenue, g.orders)
      """;
  private static final String LETTERS =
      """
      select error_class, count(*) as letters, min(message) as for_example
      from ops.dead_letters group by error_class order by count(*) desc, error_class
      """;

  @Override
  public void run() {
    Installation installation = Installation.current();
    LocalStack stack = new LocalStack(installation, Stacks.current().home().resolve("demo"));
    // Also when it fails or is interrupted: nothing is left running, only the logs to look at.
    Thread atEnd = new Thread(() -> stack.stop(line -> {}), "stop-demo");
    Runtime.getRuntime().addShutdownHook(atEnd);
    stack.purge(line -> {});
    title("1. Kafka, PostgreSQL and Flink, each in its own processes");
    stack.start(LocalStack.WantedPorts.any(), System.out::println);
    Database database = stack.postgres().database();
    Migrations.apply(database);

    title("2. The orders pipeline, live, on the Flink cluster");
    KafkaTopic topic = new KafkaTopic(stack.kafka().address(), TOPIC, "millrace-demo", Map.of());
    Feed feed = new Feed(Events.ORDERS, topic.bootstrapServers(), TOPIC, 4, RATE, true, FAULTS);
    feed.createTopic();
    String job = submit(stack, installation, topic, database);

    title("3. Real orders of 2010 and 2011, with duplicates, disorder and junk");
    CompletableFuture<Feed.Sent> sending = CompletableFuture.supplyAsync(() -> send(feed));
    try (Connection connection = database.connect();
        GroupLag lag = new GroupLag(topic)) {
      watch(connection, sending, lag);
      System.out.println(FlinkJobs.stop(stack.flink().address(), job, true));
      title("4. Gold, by region (the 8 largest)");
      System.out.println(rows(connection, GOLD));
      String differences = single(connection, PROOF);
      System.out.println("Rows in which gold differs from the sum over silver: " + differences);
      if (!differences.equals("0")) {
        throw new FailedException(List.of("gold is not the sum over silver"));
      }
      title("5. Dead letters: what no one could have processed, with its exact bytes");
      System.out.println(rows(connection, LETTERS));
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }

    title("6. Stopping");
    stack.purge(System.out::println);
    next();
  }

  private static String submit(
      LocalStack stack, Installation installation, KafkaTopic topic, Database database) {
    long run = begin(database);
    FlinkTarget cluster =
        new FlinkTarget(
            stack.flink().address(),
            List.of(installation.thinJobJar()),
            Duration.ofSeconds(5),
            null,
            true);
    String job = OrdersPipeline.NAME + "-demo";
    Launch.flink(OrdersPipeline.NAME, 2, cluster, List.of("--jobName=" + job))
        .run(
            pipeline ->
                OrdersPipeline.build(
                    pipeline,
                    KafkaRecords.live(topic, EVENT_TIME),
                    EVENT_TIME,
                    OrdersPipeline.Sinks.postgres(
                        database, run, Version.current(), TablePlace.LIVE),
                    OrdersPipeline.ADMISSION,
                    TimeRange.ALWAYS),
            () -> "",
            Told.PRINTED);
    return job;
  }

  private static long begin(Database database) {
    try {
      return Runs.begin(database, OrdersPipeline.NAME, "topic " + TOPIC, false);
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  private static Feed.Sent send(Feed feed) {
    String samples = Installation.current().root().resolve("samples/retail-orders") + "/*.jsonl.gz";
    try {
      return feed.send(Feed.files(samples), bytes -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reports until everything is sent and a checkpoint holds all of it. */
  private static void watch(
      Connection connection, CompletableFuture<Feed.Sent> sending, GroupLag lag)
      throws SQLException {
    Instant begin = Instant.now();
    Instant deadline = null;
    while (true) {
      report(connection, begin, lag.records());
      if (sending.isDone() && deadline == null) {
        try {
          System.out.println(FeedCommand.summary(sending.join()));
        } catch (CompletionException e) {
          throw new FailedException("feeding failed: " + Causes.describe(e), e);
        }
        deadline = Instant.now().plus(QUIET_TIMEOUT);
      }
      if (deadline != null && lag.records() == 0) {
        report(connection, begin, 0);
        return;
      }
      if (deadline != null && Instant.now().isAfter(deadline)) {
        throw new FailedException(
            List.of(
                "the stream did not come to its end within " + QUIET_TIMEOUT.toSeconds() + " s"));
      }
      pause(sending);
    }
  }

  /** Until the next report, or a second, once everything is sent. */
  private static void pause(CompletableFuture<Feed.Sent> sending) {
    try {
      if (sending.isDone()) {
        TimeUnit.SECONDS.sleep(3);
      } else {
        sending.get(REPORT_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (TimeoutException | ExecutionException e) {
      // Time for a report; a failure is told there.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FailedException("interrupted", e);
    }
  }

  private static void report(Connection connection, Instant begin, long lag) throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery(PROGRESS)) {
      row.next();
      System.out.printf(
          "%4d s  orders %,7d   gold rows %4d   revenue %,13.2f   final days %3d   dead letters %4d   lag %,d%n",
          Duration.between(begin, Instant.now()).toSeconds(),
          row.getLong("orders"),
          row.getLong("gold_rows"),
          row.getBigDecimal("revenue"),
          row.getLong("days"),
          row.getLong("letters"),
          lag);
    }
  }

  private static String rows(Connection connection, String sql) throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet rows = query.executeQuery(sql)) {
      return SqlCommand.table(rows);
    }
  }

  private static String single(Connection connection, String sql) throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void title(String text) {
    System.out.println();
    System.out.println("--- " + text);
  }

  private static void next() {
    System.out.println(
        """

        What to try next:
          bin/millrace up                                    the same servers, to keep
          bin/millrace run orders --source=files --input='samples/retail-orders/*.jsonl.gz'
          bin/millrace sql "select * from gold.revenue_by_region order by order_date limit 10"
          bin/millrace down""");
  }
}
