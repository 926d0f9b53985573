package dev.millrace.runners.orders;

import static dev.millrace.runners.support.Tables.assertGoldFollowsSilver;
import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.local.FlinkCluster;
import dev.millrace.runners.local.PostgresServer;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Tables;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A TaskManager killed and the database restarted under a running stream. */
class KillsIT {
  private static final String SAMPLES = "--input=samples/retail-orders/*.jsonl.gz";
  private static final String TOPIC = "it-kills";

  @Test
  void tablesEqualThoseOfAnUndisturbedRun() throws IOException {
    Database undisturbed = SharedStack.freshDatabase("it_kills_undisturbed");
    Cli.Ended backfill =
        Cli.run(SharedStack.environment(undisturbed), "run", "orders", "--source=files", SAMPLES);
    assertThat(backfill.output(), backfill.code(), is(0));
    Database database = SharedStack.freshDatabase("it_kills");
    Map<String, String> environment = SharedStack.environment(database);
    FlinkCluster flink = SharedStack.get().flink();
    PostgresServer postgres = SharedStack.get().postgres();
    Topics.create(TOPIC, 4);

    try (Cli feed =
            Cli.start(
                environment,
                "feed",
                "orders",
                SAMPLES,
                "--topic=" + TOPIC,
                "--duplicates=5%",
                "--disorder=60s",
                "--malformed=1%",
                "--rate=400/s");
        Cli stream =
            Cli.start(
                environment,
                "run",
                "orders",
                "--source=kafka",
                "--topic=" + TOPIC,
                "--runner=FlinkRunner",
                "--flinkMaster=" + flink.address(),
                "--checkpointingInterval=1s")) {
      awaitOrders(database, 1_500);
      flink.killTaskManager();
      flink.startTaskManager();

      awaitOrders(database, 5_000);
      postgres.stop();
      postgres.start();

      assertThat(feed.await().output(), feed.await().code(), is(0));
      Topics.awaitCaughtUp(TOPIC, "millrace-orders-" + TOPIC, stream);
      Cli.Ended stopped = stream.interrupt();
      assertThat(stopped.output(), containsString("--savepointPath=file:"));
    }

    assertSameRows(
        "silver", rows(database, Tables.SILVER_VALUES), rows(undisturbed, Tables.SILVER_VALUES));
    assertSameRows(
        "gold", rows(database, Tables.GOLD_VALUES), rows(undisturbed, Tables.GOLD_VALUES));
    assertGoldFollowsSilver(database);
  }

  private static void awaitOrders(Database database, long count) {
    Awaitility.await(count + " orders")
        .atMost(Duration.ofMinutes(2))
        .until(() -> number(database, "select count(*) from silver.orders_clean") >= count);
  }
}
