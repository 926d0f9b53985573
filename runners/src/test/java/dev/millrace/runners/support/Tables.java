package dev.millrace.runners.support;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What the tables hold. */
public final class Tables {
  /** Silver, but for when it was merged. */
  public static final String SILVER =
      """
      select order_id, customer_id, region, amount, currency, status, order_date, event_time,
        _loaded_at, _source_system, _source_topic, _source_partition, _source_offset
      from silver.orders_clean order by order_id
      """;

  /** Silver, but for where it came from. */
  public static final String SILVER_VALUES =
      """
      select order_id, customer_id, region, amount, currency, status, order_date, event_time
      from silver.orders_clean order by order_id
      """;

  /** Gold, but for when it was merged. */
  public static final String GOLD =
      """
      select region, order_date, revenue, orders, is_final
      from gold.revenue_by_region order by region, order_date
      """;

  /** Gold's numbers. */
  public static final String GOLD_VALUES =
      """
      select region, order_date, revenue, orders
      from gold.revenue_by_region order by region, order_date
      """;

  /** What gold's numbers must be: sums of more than two decimals may end on zeros, gold doesn't. */
  public static final String SUM_OVER_SILVER =
      """
      select region, order_date, round(sum(amount), greatest(2, min_scale(sum(amount)))), count(*)
      from silver.orders_clean group by region, order_date order by region, order_date
      """;

  private Tables() {}

  /** The query's rows, each as text, exactly as the database prints it. */
  public static List<String> rows(Database database, String query) {
    List<String> rows = new ArrayList<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= columns; i++) {
          row.append(i == 1 ? "" : "|").append(result.getString(i));
        }
        rows.add(row.toString());
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return rows;
  }

  /** The query's only number. */
  public static long number(Database database, String query) {
    return Long.parseLong(rows(database, query).get(0));
  }

  /** Runs statements. */
  public static void execute(Database database, String sql) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a bug made of three days, 2026-05-04 to 06 (SPEC H2). */
  public static void mapLatamToNull(Database database) {
    execute(
        database,
        """
        update silver.orders_clean set region = 'null'
        where region = 'LATAM' and order_date between '2026-05-04' and '2026-05-06';
        delete from gold.revenue_by_region where order_date between '2026-05-04' and '2026-05-06';
        insert into gold.revenue_by_region
        select region, order_date, sum(amount), count(*), true, now() from silver.orders_clean
        where order_date between '2026-05-04' and '2026-05-06' group by 1, 2
        """);
  }

  /** Fails with the first row that differs. */
  public static void assertSameRows(String what, List<String> actual, List<String> expected) {
    for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
      assertThat(what + ", row " + i, actual.get(i), is(expected.get(i)));
    }
    assertThat(what + ", number of rows", actual.size(), is(expected.size()));
  }

  /** Fails unless gold is the sum over silver, to the last digit. */
  public static void assertGoldFollowsSilver(Database database) {
    assertSameRows(
        "gold against the sum over silver",
        rows(database, GOLD_VALUES),
        rows(database, SUM_OVER_SILVER));
  }
}
