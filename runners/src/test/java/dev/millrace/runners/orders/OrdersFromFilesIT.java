package dev.millrace.runners.orders;

import static dev.millrace.runners.support.Tables.assertGoldFollowsSilver;
import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.local.FlinkCluster;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.Samples;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Tables;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The same files, on every runner, leave the same tables. */
class OrdersFromFilesIT {
  private static final String INPUT = "--input=samples/retail-orders/*.jsonl.gz";

  private static Database direct;
  private static FlinkCluster plainCluster;

  @BeforeAll
  static void runOnDirect() {
    direct = SharedStack.freshDatabase("it_files_direct");
    backfill(direct);
  }

  @AfterAll
  static void stopPlainCluster() throws IOException {
    if (plainCluster != null) {
      plainCluster.stop();
    }
  }

  @Test
  void goldEqualsAPlainSumOverTheFiles() {
    execute(direct, "create table raw (line jsonb)");
    insertLines(direct, Samples.lines());

    assertSameRows(
        "gold against the files",
        rows(
            direct,
            "select region, order_date, trim_scale(revenue), orders from gold.revenue_by_region order by 1, 2"),
        rows(
            direct,
            """
            select line->>'region', ((line->>'event_time')::timestamptz at time zone 'UTC')::date,
              trim_scale(sum((line->>'amount')::numeric)), count(*)
            from raw group by 1, 2 order by (line->>'region') collate "C", 2
            """));
    assertThat(number(direct, "select count(*) from silver.orders_clean"), is(12_795L));
    assertThat(number(direct, "select count(*) from ops.dead_letters"), is(0L));
    assertThat(
        number(direct, "select count(*) from gold.revenue_by_region where not is_final"), is(0L));
    assertGoldFollowsSilver(direct);
  }

  @Test
  void flinkInProcessLeavesTheSameTables() {
    // An option of the runner's own is passed on.
    assertSameTables("it_files_flink", "--runner=FlinkRunner", "--maxBundleSize=777");
  }

  @Test
  void sessionClusterWithTheThinJarLeavesTheSameTables() {
    assertSameTables(
        "it_files_thin",
        "--runner=FlinkRunner",
        "--flinkMaster=" + SharedStack.get().flink().address(),
        "--jobJar=thin");
  }

  @Test
  void anybodysClusterWithTheShadedJarLeavesTheSameTables() throws IOException {
    plainCluster =
        new FlinkCluster(
            "plain-flink",
            Installation.current().flinkClassPath(),
            List.of(),
            SharedStack.get().home(),
            freePort());
    plainCluster.start();

    assertSameTables(
        "it_files_shaded", "--runner=FlinkRunner", "--flinkMaster=" + plainCluster.address());
  }

  @Test
  void secondRunChangesNothing() {
    Database database = SharedStack.freshDatabase("it_files_twice");
    backfill(database);
    List<String> silver = rows(database, "select * from silver.orders_clean order by order_id");
    List<String> gold = rows(database, "select * from gold.revenue_by_region order by 1, 2");

    Cli.Ended second = backfill(database, "--runner=FlinkRunner");

    assertThat(second.output(), containsString("unchanged 12,795"));
    assertSameRows(
        "silver", rows(database, "select * from silver.orders_clean order by order_id"), silver);
    assertSameRows(
        "gold", rows(database, "select * from gold.revenue_by_region order by 1, 2"), gold);
  }

  private static void assertSameTables(String name, String... options) {
    Database database = SharedStack.freshDatabase(name);
    backfill(database, options);

    assertSameRows("silver", rows(database, Tables.SILVER), rows(direct, Tables.SILVER));
    assertSameRows("gold", rows(database, Tables.GOLD), rows(direct, Tables.GOLD));
  }

  private static Cli.Ended backfill(Database database, String... options) {
    List<String> arguments = new ArrayList<>(List.of("run", "orders", "--source=files", INPUT));
    arguments.addAll(List.of(options));
    Cli.Ended ended = Cli.run(SharedStack.environment(database), arguments.toArray(new String[0]));
    assertThat(ended.output(), ended.code(), is(0));
    assertThat(ended.output(), containsString("read 12,795, duplicates 0, late 0, written 12,795"));
    return ended;
  }

  private static void insertLines(Database database, List<String> lines) {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into raw select unnest(?)::jsonb")) {
      insert.setArray(1, connection.createArrayOf("text", lines.toArray()));
      insert.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
