package dev.millrace.runners.traffic;

import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItems;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.local.FlinkCluster;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A window that is final stays as it is, whatever dies and whatever comes late. */
class FinalWindowsIT {
  private static final String TOPIC = "it-final-windows";
  private static final String GROUP = "millrace-traffic-" + TOPIC;
  private static final int PARTITIONS = 4;
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final String FINAL =
      """
      select region, window_start, count, sum from gold.events_5m
      where is_final and window_end <= '2026-05-26T09:00:00Z' order by 1, 2
      """;
  private static final String CLOSED =
      """
      select count(*) from ops.ledger
      where stage = 'closed' and window_start < '2026-05-26T09:00:00Z'
      """;
  private static final String FINAL_SESSIONS =
      """
      select user_id, session_start, session_end, events from gold.sessions
      where is_final and session_end <= '2026-05-26T09:00:00Z' order by 1, 2
      """;

  @Test
  void lateEventsStraightAfterAKillOrAResumeChangeNoFinalWindow() throws IOException {
    Database database = SharedStack.freshDatabase("it_final_windows");
    Map<String, String> environment = SharedStack.environment(database);
    FlinkCluster flink = SharedStack.get().flink();
    Topics.create(TOPIC, PARTITIONS);
    // Two hours of events: at their end the windows of the first are final.
    send("on-time", EIGHT, 7_200);

    String savepoint;
    try (Cli stream = start(environment, flink)) {
      awaitFinal(database);
      List<String> windows = rows(database, FINAL);
      List<String> sessions = rows(database, FINAL_SESSIONS);

      flink.killTaskManager();
      send("late-after-kill", EIGHT, 3_600);
      Topics.awaitCaughtUp(TOPIC, GROUP, stream);
      assertSameRows("windows after the kill", rows(database, FINAL), windows);
      assertSameRows("sessions after the kill", rows(database, FINAL_SESSIONS), sessions);

      Cli.Ended stopped = stream.interrupt();
      assertThat(stopped.output(), containsString("--savepointPath="));
      savepoint = stopped.output().replaceAll("(?s).*(--savepointPath=\\S+).*", "$1");
      send("late-after-savepoint", EIGHT, 3_600);
      try (Cli resumed = start(environment, flink, savepoint)) {
        Topics.awaitCaughtUp(TOPIC, GROUP, resumed);
        assertSameRows("windows after the resume", rows(database, FINAL), windows);
        assertSameRows("sessions after the resume", rows(database, FINAL_SESSIONS), sessions);
        // It goes on: what comes in time makes new windows.
        send("after", EIGHT.plusSeconds(7_200), 1_800);
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .until(
                () ->
                    number(
                            database,
                            "select coalesce(sum(count), 0) from gold.events_5m"
                                + " where window_start >= '2026-05-26T10:00:00Z'")
                        == 1_800);
        assertThat(
            rows(database, "select distinct is_final::text from gold.events_5m"),
            hasItems("true", "false"));
      }
    }
  }

  private static Cli start(Map<String, String> environment, FlinkCluster flink, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "traffic",
                "--source=kafka",
                "--topic=" + TOPIC,
                "--runner=FlinkRunner",
                "--flinkMaster=" + flink.address(),
                "--outputs=5m,sessions",
                "--checkpointingInterval=1s"));
    arguments.addAll(List.of(options));
    return Cli.start(environment, arguments.toArray(new String[0]));
  }

  private static void awaitFinal(Database database) {
    // Each user has a session of ten seconds; the last three end after nine.
    Awaitility.await("12 final windows of 2 regions, and the sessions")
        .atMost(Duration.ofMinutes(2))
        .until(
            () ->
                rows(database, FINAL).size() == 24 && rows(database, FINAL_SESSIONS).size() == 357);
    // What a kill takes back is done again, and may then come in another order.
    Awaitility.await("a checkpoint that holds them")
        .atMost(Duration.ofMinutes(1))
        .until(() -> number(database, CLOSED) == 12);
  }

  /** One event a second, in all partitions alike. */
  private static void send(String prefix, Instant start, int seconds) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      Instant time = start.plusSeconds(i);
      String json =
          """
          {"event_id":"%s-%d","region":"%s","event_time":"%s","user_id":"u%d","value":%d}"""
              .formatted(prefix, i, i % 2 == 0 ? "US" : "EU", time, i / 10, i % 100);
      records.add(Topics.record(TOPIC, i % PARTITIONS, time, null, json.getBytes(UTF_8)));
    }
    Topics.send(records);
  }
}
