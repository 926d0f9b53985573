package dev.millrace.runners.traffic;

import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.local.FlinkCluster;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Results that go to a topic as well. */
class DeliveriesIT {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Pattern RESULT =
      Pattern.compile(
          "\\{\"region\":\"(\\w+)\",\"window_start\":\"2026-05-26T(\\d\\d:\\d\\d):00Z\".*"
              + "\"count\":(\\d+).*\"pane\":(\\d+).*\"is_final\":(\\w+)}");
  private static final String FINAL_WINDOWS =
      """
      select region, to_char(window_start, 'HH24:MI'), count, is_final
      from gold.events_5m where is_final order by 1, 2
      """;

  @ParameterizedTest
  @ValueSource(strings = {"at-least-once", "exactly-once", "at-most-once"})
  void backfillSendsWhatItWrites(String delivery) {
    Database database = SharedStack.freshDatabase("it_deliveries_backfill");
    String topic = "it-deliveries-" + delivery;
    Topics.create(topic, 2);
    send(topic, "", EIGHT, 1_200);

    Cli.Ended ended =
        Cli.run(
            SharedStack.environment(database),
            "run",
            "traffic",
            "--source=range",
            "--topic=" + topic,
            "--runner=FlinkRunner",
            "--outputs=5m",
            "--outputTopic=" + topic + "-results",
            "--delivery=" + delivery);

    assertThat(ended.output(), ended.code(), is(0));
    assertThat(rows(database, FINAL_WINDOWS).size(), is(8));
    assertSameRows("messages", finals(topic + "-results"), rows(database, FINAL_WINDOWS));
  }

  @Test
  void inTransactionsEachResultIsThereOnceThroughAKill() throws IOException {
    Database database = SharedStack.freshDatabase("it_deliveries");
    Map<String, String> environment = SharedStack.environment(database);
    FlinkCluster flink = SharedStack.get().flink();
    String topic = "it-deliveries";
    String master = "--flinkMaster=" + flink.address();
    Topics.create(topic, 2);
    send(topic, "before", EIGHT, 3_600);

    Cli.Ended started =
        Cli.run(
            environment,
            "run",
            "traffic",
            "--source=kafka",
            "--topic=" + topic,
            "--runner=FlinkRunner",
            master,
            "--detach",
            "--outputs=5m",
            "--earlyFiring=0s",
            "--outputTopic=it-deliveries-results",
            "--delivery=exactly-once",
            "--checkpointingInterval=1s");
    assertThat(started.output(), started.code(), is(0));
    Awaitility.await("results before the kill")
        .atMost(Duration.ofMinutes(2))
        .until(() -> number(database, "select count(*) from gold.events_5m") >= 20);
    send(topic, "after", EIGHT.plusSeconds(3_600), 1_800);
    flink.killTaskManager();
    send(topic, "meanwhile", EIGHT.plusSeconds(5_400), 1_800);
    Topics.awaitCaughtUp(topic, "millrace-traffic-" + topic, null);

    // The watermark goes to 09:59:29, and those that end by 09:40 are final 15 minutes and 10 s
    // later.
    Awaitility.await("final rows")
        .atMost(Duration.ofMinutes(1))
        .until(() -> rows(database, FINAL_WINDOWS).size(), is(40));
    List<String> expected = rows(database, FINAL_WINDOWS);
    Awaitility.await("messages of all final rows")
        .atMost(Duration.ofMinutes(1))
        .until(() -> finals("it-deliveries-results"), is(expected));
    Cli.Ended drained = Cli.run(environment, "stop", "--drain", started.job(), master);
    assertThat(drained.output(), drained.code(), is(1));
    assertThat(drained.output(), containsString("--delivery=exactly-once"));
    Cli.Ended stopped = Cli.run(environment, "stop", started.job(), master);
    assertThat(stopped.output(), stopped.code(), is(0));
    assertThat(stopped.output(), containsString("--savepointPath="));
    List<String> panes = results("it-deliveries-results");
    assertThat(panes, is(panes.stream().distinct().toList()));
  }

  /** Region, window, count and whether they are final, of the messages that say so. */
  private static List<String> finals(String topic) {
    return results(topic).stream()
        .filter(each -> each.endsWith("|true"))
        .map(each -> each.replaceFirst("\\|\\d+\\|true$", "|t"))
        .toList();
  }

  /** Region, window, count, pane and whether they are final, of each message. */
  private static List<String> results(String topic) {
    return Topics.readAll(topic).stream()
        .map(
            record -> {
              String text = new String(record.value(), UTF_8);
              Matcher result = RESULT.matcher(text);
              assertThat(text, result.matches(), is(true));
              return String.join(
                  "|",
                  IntStream.rangeClosed(1, result.groupCount()).mapToObj(result::group).toList());
            })
        .sorted()
        .toList();
  }

  /** One event a second, in both partitions alike. */
  private static void send(String topic, String prefix, Instant start, int seconds) {
    Topics.send(
        IntStream.range(0, seconds)
            .mapToObj(
                i -> {
                  Instant time = start.plusSeconds(i);
                  String json =
                      """
                      {"event_id":"%s-%d","region":"%s","event_time":"%s","value":%d}"""
                          .formatted(prefix, i, i % 3 == 0 ? "US" : "EU", time, i % 100);
                  return Topics.record(topic, i % 2, time, null, json.getBytes(UTF_8));
                })
            .toList());
  }
}
