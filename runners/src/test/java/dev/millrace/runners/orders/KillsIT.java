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
import dev.millrace.runners.local.KafkaBroker;
import dev.millrace.runners.local.PostgresServer;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Tables;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;

/**
 * Under a running stream a TaskManager and the JobManager are killed, the database and the broker
 * restarted; then it is stopped by Ctrl-C, and goes on from its savepoint.
 */
class KillsIT {
  private static final String SAMPLES = "--input=samples/retail-orders/*.jsonl.gz";
  private static final String TOPIC = "it-kills";
  private static final String ORDERS = "select count(*) from silver.orders_clean";

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
    KafkaBroker kafka = SharedStack.get().kafka();
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
            "--rate=120/s")) {
      String savepoint;
      try (Cli stream = stream(environment)) {
        awaitFollowing(database, stream);
        flink.killTaskManager();
        awaitFollowing(database, stream);
        postgres.stop();
        postgres.start();
        awaitFollowing(database, stream);
        flink.killJobManager();
        awaitFollowing(database, stream);
        kafka.stop();
        kafka.start();
        awaitFollowing(database, stream);
        savepoint = savepointOf(stream.interrupt().output());
      }
      try (Cli stream = stream(environment, "--savepointPath=" + savepoint)) {
        assertThat(feed.await().output(), feed.await().code(), is(0));
        Topics.awaitCaughtUp(TOPIC, "millrace-orders-" + TOPIC, stream);
        assertThat(stream.output(), containsString("going on with run 1"));
        savepointOf(stream.interrupt().output());
      }
    }

    assertSameRows(
        "silver", rows(database, Tables.SILVER_VALUES), rows(undisturbed, Tables.SILVER_VALUES));
    assertSameRows(
        "gold", rows(database, Tables.GOLD_VALUES), rows(undisturbed, Tables.GOLD_VALUES));
    assertGoldFollowsSilver(database);
    Cli.Ended audit = Cli.run(environment, "audit", "orders");
    assertThat(audit.output(), audit.code(), is(0));
    assertThat(audit.output(), containsString("Every closed window balances"));
    assertThat(
        "everything in the topic was read once",
        number(database, "select sum(count) from ops.ledger where stage = 'read'"),
        is((long) Topics.readAll(TOPIC).size()));
    assertThat(
        "dead letters and their number",
        number(database, "select sum(count) from ops.ledger where stage = 'dead_letter'"),
        is(number(database, "select count(*) from ops.dead_letters")));
  }

  private static Cli stream(Map<String, String> environment, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "orders",
                "--source=kafka",
                "--topic=" + TOPIC,
                "--runner=FlinkRunner",
                "--flinkMaster=" + SharedStack.get().flink().address(),
                "--checkpointingInterval=1s"));
    arguments.addAll(List.of(options));
    return Cli.start(environment, arguments.toArray(new String[0]));
  }

  private static String savepointOf(String output) {
    Matcher savepoint = Pattern.compile("--savepointPath=(file:\\S+)").matcher(output);
    assertThat(output, savepoint.find(), is(true));
    return savepoint.group(1);
  }

  /** Until orders are written again, and a checkpoint has nearly everything that was sent. */
  private static void awaitFollowing(Database database, Cli stream) {
    long before = number(database, ORDERS);
    try {
      Awaitility.await("more orders than " + before)
          .atMost(Duration.ofMinutes(2))
          .until(() -> number(database, ORDERS) > before + 300);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "no more orders than "
              + number(database, ORDERS)
              + " after "
              + before
              + "; "
              + SharedStack.logs()
              + "\n"
              + stream.output(),
          e);
    }
    Topics.awaitLag(1_000, TOPIC, "millrace-orders-" + TOPIC, stream);
  }
}
