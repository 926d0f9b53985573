package dev.millrace.benchmarks;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.millrace.io.jdbc.Database;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a job of this process has come to, told by its sinks. Static, since a job is serialized on
 * its way to the Flink in its own process.
 */
final class Rows {
  private static final String ORDERS_DIGEST =
      """
      select count(*), coalesce(sum(('x' || substr(md5(r::text), 1, 15))::bit(60)::bigint), 0)
      from (select order_id, event_id, customer_id, region, amount, currency, status, event_time
        from silver.orders_clean
        union all
        select region, order_date::text, null, null, revenue, null, null, null
        from gold.revenue_by_region) r
      """;

  /** Where windows go that follow each other. */
  static final String FIVE_MINUTES = "events_5m";

  /** Where windows go that overlap. */
  static final String SLIDING = "events_sliding";

  private static final ConcurrentHashMap<String, String> WINDOWS = new ConcurrentHashMap<>();
  private static final LongAdder FIRED = new LongAdder();
  private static final LongAdder SESSIONS = new LongAdder();
  private static final LongAdder ORDERS = new LongAdder();
  private static final LongAdder HASHES = new LongAdder();

  private Rows() {}

  /** A window has fired, perhaps not for the first time; that of the last events may never. */
  static void window(
      String output,
      String region,
      long start,
      long count,
      @Nullable BigDecimal sum,
      @Nullable BigDecimal min,
      @Nullable BigDecimal max) {
    if (region.equals(JobTopic.LAST)) {
      return;
    }
    FIRED.increment();
    WINDOWS.put(output + " " + region + " " + start, count + " " + sum + " " + min + " " + max);
  }

  /** A session is over; told once, since none is late. */
  static void session(String user, long start, long end, long events, int pages) {
    SESSIONS.increment();
    HASHES.add(
        Hashing.xxh3_64()
            .hashCharsToLong(user + " " + start + " " + end + " " + events + " " + pages));
  }

  /** An order goes on. */
  static void order(String eventId, BigDecimal amount) {
    ORDERS.increment();
    HASHES.add(Hashing.xxh3_64().hashCharsToLong(eventId) * (amount.hashCode() | 1));
  }

  /** Whether more has come since, as a number that grows. */
  static long changes() {
    return FIRED.sum() + SESSIONS.sum() + ORDERS.sum() + Progress.windows().panes();
  }

  /** How many events the windows have. */
  static long counted() {
    return WINDOWS.values().stream()
        .mapToLong(row -> Long.parseLong(row.substring(0, row.indexOf(' '))))
        .sum();
  }

  /** All of it in a line: how many, and a hash. */
  static String digest() {
    Progress.Windows counted = Progress.windows();
    if (counted.panes() > 0) {
      return "%,d windows of %,d records, sum %s"
          .formatted(counted.panes(), counted.all().count(), counted.all().sum());
    }
    if (WINDOWS.isEmpty()) {
      return "%,d orders %016x".formatted(ORDERS.sum(), HASHES.sum());
    }
    String windows =
        "%,d windows %016x"
            .formatted(
                WINDOWS.size(),
                Hashing.xxh3_64().hashCharsToLong(new TreeMap<>(WINDOWS).toString()));
    return SESSIONS.sum() == 0
        ? windows
        : windows + ", %,d sessions %016x".formatted(SESSIONS.sum(), HASHES.sum());
  }

  /** The same of the orders in a database. */
  static String digest(Database database) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(ORDERS_DIGEST)) {
      result.next();
      return "%,d rows %s".formatted(result.getLong(1), result.getBigDecimal(2).toPlainString());
    }
  }

  /** A number that changes when a transaction has changed its tables. */
  static long written(Database database) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "select coalesce(sum(n_tup_ins + n_tup_upd), 0) from pg_stat_user_tables"
                    + " where relname = 'orders_clean'")) {
      result.next();
      return result.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException("can't see what was written: " + e.getMessage(), e);
    }
  }
}
