package dev.millrace.runners.traffic;

import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.feed.TrafficEvents;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events from files, a range and live, on both runners: the same windows. */
class TrafficIT {
  private static final String EXAMPLE =
      """
      {"event_id":"e001","region":"US","event_time":"2026-05-26T08:00:01Z"}
      {"event_id":"e002","region":"EU","event_time":"2026-05-26T08:00:03Z"}
      {"event_id":"e003","region":"US","event_time":"2026-05-26T08:04:59Z"}
      {"event_id":"e004","region":"US","event_time":"2026-05-26T08:05:02Z"}
      {"event_id":"e003","region":"US","event_time":"2026-05-26T08:00:00Z"}
      """;

  private static final String COUNTS =
      """
      select region, to_char(window_start, 'HH24:MI'), count from gold.events_5m
      where is_final order by 2, 1
      """;

  private static final List<String> TABLES =
      List.of(
          """
          select region, window_start, window_end, count, sum, min, max, avg, is_final
          from gold.events_5m order by region, window_start
          """,
          """
          select region, window_start, window_end, count, sum, min, max, avg, is_final
          from gold.events_sliding order by region, window_start
          """,
          """
          select user_id, session_start, session_end, events, pages, is_final
          from gold.sessions order by user_id, session_start
          """);

  private static final String LEDGER =
      "select stage, window_start, count from ops.ledger where count > 0 order by 1, 2";

  private static final int EVENTS = 200_000;
  private static final int USERS = 400;

  @TempDir Path directory;

  @Test
  void theExampleCountsTheSameOnBothRunnersFromFilesAndFromKafka() throws IOException {
    Path file = directory.resolve("example.jsonl");
    Files.writeString(file, EXAMPLE);
    Database database = SharedStack.freshDatabase("it_traffic_example");
    run(database, "feed", "traffic", "--input=" + file, "--topic=it-traffic-example");

    for (String runner : List.of("DirectRunner", "FlinkRunner")) {
      for (List<String> source :
          List.of(
              List.of("--source=files", "--input=" + file),
              List.of("--source=range", "--topic=it-traffic-example"))) {
        List<String> arguments = new ArrayList<>(List.of("run", "traffic", "--runner=" + runner));
        arguments.addAll(source);
        run(database, arguments.toArray(new String[0]));
        assertThat(
            runner + " " + source,
            rows(database, COUNTS),
            contains("EU|08:00|1", "US|08:00|2", "US|08:05|1"));
      }
    }
  }

  @Test
  void sameEventsLeaveTheSameRowsFromFilesRangeAndLive() throws IOException {
    Path file = directory.resolve("events.jsonl");
    try (OutputStream out = Files.newOutputStream(file)) {
      new TrafficEvents(EVENTS, USERS, 50, Instant.parse("2026-05-26T08:00:00Z"), 7)
          .write(out, written -> {});
    }
    String files = "--input=" + file;
    String topic = "--topic=it-traffic";
    Database direct = SharedStack.freshDatabase("it_traffic_direct");
    run(direct, "run", "traffic", "--source=files", files);
    assertSameRows(
        "sums over the lines",
        rows(direct, "select region, window_start, count, sum from gold.events_5m order by 1, 2"),
        summedWithoutOurCode(file));

    Database flink = SharedStack.freshDatabase("it_traffic_flink");
    run(flink, "run", "traffic", "--source=files", files, "--runner=FlinkRunner");
    assertSameTables("Flink from files", flink, direct);

    Database range = SharedStack.freshDatabase("it_traffic_range");
    run(
        range,
        "feed",
        "traffic",
        files,
        topic,
        "--duplicates=5%",
        "--disorder=20s",
        "--malformed=1%");
    run(range, "run", "traffic", "--source=range", topic, "--runner=FlinkRunner");
    assertSameTables("Flink from a range", range, direct);

    Database live = SharedStack.freshDatabase("it_traffic_live");
    String master = "--flinkMaster=" + SharedStack.get().flink().address();
    Cli.Ended stream =
        run(
            live,
            "run",
            "traffic",
            "--source=kafka",
            topic,
            "--runner=FlinkRunner",
            master,
            "--detach",
            "--checkpointingInterval=2s");
    Topics.awaitCaughtUp("it-traffic", "millrace-traffic-it-traffic", null);
    assertThat(
        "before the end the newest windows are preliminary",
        number(live, "select count(*) from gold.events_5m where not is_final"),
        is(greaterThan(0L)));
    Cli.Ended stopped = run(live, "stop", "--drain", stream.job(), master);
    assertThat(stopped.output(), containsString("every row final"));
    assertSameTables("Flink live", live, direct);
    for (Database each : List.of(direct, flink, range, live)) {
      assertThat(
          run(each, "audit", "traffic").output(),
          allOf(containsString(" 0 of them open"), containsString("Every closed window balances")));
    }
    assertThat(
        "stages of the range and of the live topic", rows(live, LEDGER), is(rows(range, LEDGER)));
    assertThat(rows(live, deadLetters()), is(rows(range, deadLetters())));
  }

  private static String deadLetters() {
    return "select source_partition, source_offset, payload_md5 from ops.dead_letters order by 1, 2";
  }

  private static void assertSameTables(String what, Database actual, Database expected) {
    for (String table : TABLES) {
      assertSameRows(what, rows(actual, table), rows(expected, table));
      assertThat(rows(actual, table).size(), is(greaterThan(0)));
    }
    assertThat(
        what + ": rows that are not final",
        number(
            actual,
            "select (select count(*) from gold.events_5m where not is_final)"
                + " + (select count(*) from gold.events_sliding where not is_final)"
                + " + (select count(*) from gold.sessions where not is_final)"),
        is(0L));
  }

  /** Region, window, count and sum, from the lines alone. */
  private static List<String> summedWithoutOurCode(Path file) throws IOException {
    Pattern line =
        Pattern.compile(
            ".*\"region\":\"(\\w+)\",\"event_time\":\"([^\"]+)\".*?(?:\"value\":([0-9.]+))?}");
    record Sum(long count, BigDecimal sum) {}
    Map<String, Sum> sums = new TreeMap<>();
    for (String each : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      Matcher fields = line.matcher(each);
      assertThat(each, fields.matches(), is(true));
      long window = Instant.parse(fields.group(2)).getEpochSecond() / 300 * 300;
      BigDecimal value =
          fields.group(3) == null ? BigDecimal.ZERO : new BigDecimal(fields.group(3));
      sums.merge(
          fields.group(1) + "|" + Instant.ofEpochSecond(window),
          new Sum(1, value),
          (a, b) -> new Sum(a.count() + b.count(), a.sum().add(b.sum())));
    }
    return sums.entrySet().stream()
        .map(
            each ->
                each.getKey().replaceFirst("T(\\d\\d:\\d\\d:\\d\\d)Z", " $1+00")
                    + "|"
                    + each.getValue().count()
                    + "|"
                    + each.getValue().sum())
        .toList();
  }

  private static Cli.Ended run(Database database, String... arguments) {
    Cli.Ended ended = Cli.run(SharedStack.environment(database), arguments);
    assertThat(ended.output(), ended.code(), is(0));
    return ended;
  }
}
