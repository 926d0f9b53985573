package dev.millrace.runners.repair;

import static dev.millrace.runners.support.Tables.assertGoldFollowsSilver;
import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.OrderJson;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Tables;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Records that didn't reach the tables, tried again on the real servers. */
class ReplayIT {
  private static final Instant MAY_4 = Instant.parse("2026-05-04T08:00:00Z");
  private static final int GOOD = 20;
  private static final int POISON = 5;

  private static final List<String> WINDOWS =
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

  @TempDir Path directory;

  private String topic;
  private Database database;
  private Map<String, String> environment;

  @BeforeEach
  void fresh(TestInfo test) {
    topic = "it-replay-" + test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    database = SharedStack.freshDatabase("it_replay");
    environment = SharedStack.environment(database);
    Topics.create(topic, 2);
  }

  @Test
  void fixedPoisonEndsInTheTablesOnce() {
    ordersOfWhichSomeArePoison();
    assertThat(number(database, "select count(*) from silver.orders_clean"), is((long) GOOD));

    Cli.Ended tried =
        ok(run("dead-letters", "replay", "orders", "--set=amount=5.25", "--reason=r", "--dry-run"));
    assertThat(tried.output(), containsString("5 would be replayed, 0 would fail"));
    assertThat(number(database, "select count(*) from silver.orders_clean"), is((long) GOOD));
    assertThat(
        rows(
            database,
            "select distinct state || attempt || coalesce(fix::text, '') from ops.dead_letters"),
        is(List.of("open1")));

    Cli.Ended replayed =
        ok(
            run(
                "dead-letters",
                "replay",
                "orders",
                "--set=amount=5.25",
                "--reason=the vendor says so",
                "--who=ann"));
    assertThat(replayed.output(), containsString("5 replayed, 0 failed once more, 0 parked"));
    assertThat(
        number(database, "select count(*) from silver.orders_clean where amount = 5.25"),
        is((long) POISON));
    assertGoldFollowsSilver(database);
    assertThat(
        rows(
            database,
            "select distinct state, attempt, fix, settled_by, reason from ops.dead_letters"),
        is(List.of("replayed|1|{\"amount\": 5.25}|ann|the vendor says so")));
    assertThat(
        ok(run("dead-letters", "replay", "orders", "--reason=r")).output(),
        containsString("There is nothing to do"));
    List<String> mended = rows(database, Tables.SILVER);

    // The log still has them as they were.
    ok(run("backfill", "orders", "--from=2026-05-04", "--topic=" + topic));
    String last = rows(database, "select max(run) from ops.runs").get(0);
    assertThat(ok(run("compare", last)).output(), not(containsString("rows differ")));
    ok(run("swap", last));
    assertSameRows("after a backfill of the day", rows(database, Tables.SILVER), mended);
    assertGoldFollowsSilver(database);
  }

  @Test
  void poisonThatNobodyFixesIsParkedAtTheCap() {
    ordersOfWhichSomeArePoison();

    Cli.Ended first = run("dead-letters", "replay", "orders");
    assertThat(first.output(), containsString("0 replayed, 5 failed once more, 0 parked"));
    assertThat(first.code(), is(1));
    assertThat(
        run("dead-letters", "replay", "orders").output(),
        containsString("0 replayed, 0 failed once more, 5 parked"));
    assertThat(
        rows(database, "select distinct state, attempt, error_class from ops.dead_letters"),
        is(List.of("parked|3|wrong_type")));
    assertThat(
        ok(run("dead-letters", "replay", "orders")).output(),
        containsString("There is nothing to do"));

    ok(run("dead-letters", "replay", "orders", "--parked", "--set=amount=1", "--reason=r"));
    assertThat(
        number(database, "select count(*) from silver.orders_clean"), is((long) GOOD + POISON));
  }

  @Test
  void fixedCopyOfAnEventThatTheTableHasStaysADeadLetter() {
    ordersOfWhichSomeArePoison();
    Topics.send(
        List.of(
            record(
                order("O-1", MAY_4.plusSeconds(1))
                    .replace("\"amount\": 12.50", "\"amount\": \"x\""),
                MAY_4)));
    ok(run("run", "orders", "--source=range", "--topic=" + topic));
    List<String> before = rows(database, Tables.SILVER);

    Cli.Ended replay =
        run(
            "dead-letters",
            "replay",
            "orders",
            "--set=amount=99",
            "--reason=r",
            "--class=wrong_type");

    assertThat(replay.output(), containsString("5 replayed, 1 failed once more"));
    assertThat(
        rows(database, "select error_class, attempt from ops.dead_letters where state = 'open'"),
        is(List.of("conflicting_id|2")));
    assertThat(rows(database, Tables.SILVER).containsAll(before), is(true));
    assertThat(
        "conflicting ones are replayed only if they are asked for",
        ok(run("dead-letters", "replay", "orders")).output(),
        containsString("There is nothing to do"));
  }

  @Test
  void deadLettersAreListedShownAndDiscarded() {
    ordersOfWhichSomeArePoison();

    String listed = ok(run("dead-letters", "list", "orders")).output();
    assertThat(listed, containsString("wrong_type"));
    assertThat("no payload is listed", listed, not(containsString("P-1")));
    String letter = rows(database, "select min(letter) from ops.dead_letters").get(0);
    String payload =
        rows(database, "select convert_from(payload, 'UTF8') from ops.dead_letters order by letter")
            .get(0);
    assertThat(ok(run("dead-letters", "show", letter)).output(), containsString(payload));
    assertThat(ok(run("dead-letters", "show", letter, "--raw")).output(), is(payload));
    assertThat(run("dead-letters", "show", "0").output(), containsString("there is no number 0"));

    assertThat(
        run("dead-letters", "discard", "orders").output(),
        containsString("Missing required option: '--reason=TEXT'"));
    assertThat(
        ok(run("dead-letters", "discard", "orders", "--class=empty", "--reason=r")).output(),
        containsString("0 discarded"));
    assertThat(
        ok(run("dead-letters", "discard", "orders", "--reason=a test of the vendor's")).output(),
        containsString("5 discarded"));
    assertThat(
        ok(run("dead-letters", "replay", "orders")).output(),
        containsString("There is nothing to do"));
  }

  @Test
  void deadLettersAreReplayedWhileTheLiveRunGoesOn() {
    try (Cli stream =
        Cli.start(
            environment,
            "run",
            "orders",
            "--source=kafka",
            "--topic=" + topic,
            "--runner=FlinkRunner",
            "--flinkMaster=" + SharedStack.get().flink().address(),
            "--checkpointingInterval=500ms")) {
      Topics.send(records(poisonAndGood()));
      Topics.awaitCaughtUp(topic, "millrace-orders-" + topic, stream);
      Awaitility.await()
          .until(() -> number(database, "select count(*) from ops.dead_letters") == POISON);

      ok(run("dead-letters", "replay", "orders", "--set=amount=5.25", "--reason=r"));
      // A newer version of one of them, live.
      Topics.send(List.of(record(order("P-0", MAY_4.plusSeconds(500)), MAY_4.plusSeconds(500))));
      Topics.awaitCaughtUp(topic, "millrace-orders-" + topic, stream);
    }
    assertThat(
        rows(
            database,
            "select order_id, amount from silver.orders_clean where order_id like 'P-%' order by 1"),
        is(List.of("P-0|12.50", "P-1|5.25", "P-2|5.25", "P-3|5.25", "P-4|5.25")));
    assertThat(
        number(database, "select count(*) from silver.orders_clean"), is((long) GOOD + POISON));
    assertGoldFollowsSilver(database);
  }

  @Test
  void windowsOfFixedPoisonAreAsIfItHadBeenRight() throws IOException {
    List<String> events = events(600);
    List<String> sent = new ArrayList<>(events);
    List<Integer> poison = List.of(17, 80, 81, 300, 599);
    for (int each : poison) {
      sent.set(each, events.get(each).replaceFirst("\"value\":[0-9.]+", "\"value\":\"n/a\""));
    }
    for (int each : poison) {
      events.set(each, events.get(each).replaceFirst("\"value\":[0-9.]+", "\"value\":5.25"));
    }
    Topics.send(spread(sent));
    ok(run("run", "traffic", "--source=range", "--topic=" + topic));
    assertThat(number(database, "select count(*) from ops.dead_letters"), is(5L));

    Cli.Ended tried =
        ok(
            run(
                "dead-letters",
                "replay",
                "traffic",
                "--topic=" + topic,
                "--set=value=5.25",
                "--reason=r",
                "--dry-run"));
    assertThat(tried.output(), containsString("5 would be replayed, 0 would fail"));
    // Some, then the others: what was mended stays in its windows when others are.
    for (String others : List.of("--max-attempts=3", "--parked")) {
      if (!others.equals("--parked")) {
        Tables.execute(
            database, "update ops.dead_letters set state = 'parked' where source_offset % 2 = 0");
      }
      ok(
          run(
              "dead-letters",
              "replay",
              "traffic",
              "--topic=" + topic,
              "--set=value=5.25",
              "--reason=r",
              others));
    }

    assertSameWindows(database, batchOver(events));
    assertThat(
        number(database, "select count(*) from ops.dead_letters where state = 'replayed'"), is(5L));
    ok(run("backfill", "traffic", "--from=2026-05-04", "--topic=" + topic));
    String last = rows(database, "select max(run) from ops.runs").get(0);
    assertThat(
        "a backfill of the day has them, too",
        ok(run("compare", last)).output(),
        not(containsString("rows differ")));
  }

  @Test
  void lateRecordsAreMergedOnceTheirWindowsAreClosed() throws IOException {
    List<String> events = events(600);
    // Half an hour late, as from a phone that was in a tunnel: two of one window among them.
    List<String> late =
        List.of(events.remove(40), events.remove(41), events.remove(90), events.remove(91));
    List<String> inTime = new ArrayList<>(events);
    List<String> all = new ArrayList<>(events);
    all.addAll(late);
    String master = "--flinkMaster=" + SharedStack.get().flink().address();
    Cli.Ended stream =
        ok(
            run(
                "run",
                "traffic",
                "--source=kafka",
                "--topic=" + topic,
                "--runner=FlinkRunner",
                master,
                "--detach",
                "--checkpointingInterval=500ms"));
    Topics.send(spread(inTime));
    Topics.awaitCaughtUp(topic, "millrace-traffic-" + topic, null);
    Topics.send(spread(late.subList(0, 2)));
    awaitLate(2);

    Cli.Ended early = ok(run("reconcile", "traffic", "--topic=" + topic));
    assertThat(early.output(), containsString("2 late records merged"));
    Topics.send(spread(late.subList(2, 4)));
    awaitLate(4);
    ok(run("stop", "--drain", stream.job(), master));
    Cli.Ended merged = ok(run("reconcile", "traffic", "--topic=" + topic, "--date=2026-05-04"));
    assertThat(merged.output(), containsString("2 late records merged"));

    assertSameWindows(database, batchOver(all));
    assertThat(
        rows(database, "select distinct state from ops.late_records"), is(List.of("reconciled")));
    List<String> before = rows(database, "select e::text from gold.events_5m e order by 1");
    assertThat(
        ok(run("reconcile", "traffic", "--topic=" + topic)).output(),
        containsString("There is nothing to do"));
    assertSameRows(
        "again", rows(database, "select e::text from gold.events_5m e order by 1"), before);
  }

  @Test
  void openWindowsAreLeftToTheLiveRun() throws IOException {
    String master = "--flinkMaster=" + SharedStack.get().flink().address();
    List<String> events = events(600);
    Cli.Ended stream =
        ok(
            run(
                "run",
                "traffic",
                "--source=kafka",
                "--topic=" + topic,
                "--runner=FlinkRunner",
                master,
                "--detach",
                "--checkpointingInterval=500ms"));
    List<String> sent = new ArrayList<>(events);
    sent.set(599, events.get(599).replaceFirst("\"value\":[0-9.]+", "\"value\":\"n/a\""));
    Topics.send(spread(sent));
    Topics.awaitCaughtUp(topic, "millrace-traffic-" + topic, null);
    Awaitility.await().until(() -> number(database, "select count(*) from ops.dead_letters") == 1);

    Cli.Ended early =
        ok(
            run(
                "dead-letters",
                "replay",
                "traffic",
                "--topic=" + topic,
                "--set=value=5.25",
                "--reason=r"));
    assertThat(early.output(), containsString("1 wait: their windows are still open"));
    ok(run("stop", "--drain", stream.job(), master));
    ok(
        run(
            "dead-letters",
            "replay",
            "traffic",
            "--topic=" + topic,
            "--set=value=5.25",
            "--reason=r"));

    events.set(599, events.get(599).replaceFirst("\"value\":[0-9.]+", "\"value\":5.25"));
    assertSameWindows(database, batchOver(events));
  }

  @Test
  void lateOrdersAreMergedFromTheTable() {
    String master = "--flinkMaster=" + SharedStack.get().flink().address();
    Cli.Ended stream =
        ok(
            run(
                "run",
                "orders",
                "--source=kafka",
                "--topic=" + topic,
                "--late=side-table",
                "--runner=FlinkRunner",
                master,
                "--detach",
                "--checkpointingInterval=500ms"));
    Instant later = MAY_4.plusSeconds(10 * 86_400);
    Topics.send(spread(List.of(order("A", MAY_4), order("A2", MAY_4))));
    for (int partition = 0; partition < 2; partition++) {
      byte[] newer = order("B" + partition, later).getBytes(StandardCharsets.UTF_8);
      Topics.send(List.of(Topics.record(topic, partition, later, null, newer)));
    }
    String finalDay =
        "select count(*) from gold.revenue_by_region where order_date = '2026-05-04' and is_final";
    Awaitility.await().until(() -> number(database, finalDay) == 1);
    Topics.send(List.of(record(order("C", MAY_4.plusSeconds(60)), later)));
    awaitLate(1);
    ok(run("stop", stream.job(), master));
    assertThat(number(database, "select count(*) from silver.orders_clean"), is(4L));

    assertThat(ok(run("reconcile", "orders")).output(), containsString("1 late records merged"));

    assertThat(number(database, "select count(*) from silver.orders_clean"), is(5L));
    assertGoldFollowsSilver(database);
    assertThat(number(database, finalDay), is(1L));
    assertThat(
        ok(run("late-records", "list", "orders", "--state=reconciled")).output(),
        containsString("reconciled"));
  }

  @Test
  void mistakesAreToldAtOnce() {
    Cli.Ended ended =
        run(
            "dead-letters",
            "replay",
            "traffic",
            "--set=a=1",
            "--patch=nowhere.json",
            "--max-attempts=0",
            "--from=2026-05-05",
            "--to=2026-05-04");
    assertThat(ended.output(), ended.code(), is(2));
    for (String mistake :
        List.of(
            "--set and --patch: choose one",
            "--patch=nowhere.json can't be read",
            "--max-attempts=0 is none",
            "--from=2026-05-05 is after --to=2026-05-04",
            "--source=auto needs --topic")) {
      assertThat(ended.output(), containsString(mistake));
    }
    assertThat(
        run("dead-letters", "replay", "orders", "--set=a=1", "--topic=x").output(),
        containsString("--topic has no meaning with replay orders"));
    assertThat(
        run("dead-letters", "replay", "orders", "--set=a=1").output(),
        containsString("a fix needs a --reason"));
  }

  private void awaitLate(long records) {
    Awaitility.await()
        .until(() -> number(database, "select count(*) from ops.late_records") == records);
  }

  private void ordersOfWhichSomeArePoison() {
    Topics.send(records(poisonAndGood()));
    ok(run("run", "orders", "--source=range", "--topic=" + topic));
    assertThat(number(database, "select count(*) from ops.dead_letters"), is((long) POISON));
  }

  private static List<String> poisonAndGood() {
    List<String> orders = new ArrayList<>();
    for (int i = 0; i < GOOD; i++) {
      orders.add(order("O-" + i, MAY_4.plusSeconds(i)));
    }
    for (int i = 0; i < POISON; i++) {
      orders.add(
          order("P-" + i, MAY_4.plusSeconds(100 + i))
              .replace("\"amount\": 12.50", "\"amount\": \"12.50\""));
    }
    return orders;
  }

  private static String order(String id, Instant time) {
    return OrderJson.order(id, "EMEA", "12.50", time);
  }

  private List<ProducerRecord<byte[], byte[]>> records(List<String> orders) {
    return orders.stream().map(each -> record(each, MAY_4)).toList();
  }

  private ProducerRecord<byte[], byte[]> record(String json, Instant timestamp) {
    return Topics.record(topic, 0, timestamp, null, json.getBytes(StandardCharsets.UTF_8));
  }

  /** An event every six seconds, an hour of them. */
  private static List<String> events(int count) {
    Random random = new Random(11);
    List<String> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(
          "{\"event_id\":\"e%d\",\"region\":\"%s\",\"event_time\":\"%s\",\"user_id\":\"u%d\",\"page\":\"/p%d\",\"value\":%d.%02d}"
              .formatted(
                  i,
                  List.of("US", "EU").get(random.nextInt(2)),
                  MAY_4.plusSeconds(6L * i),
                  random.nextInt(8),
                  random.nextInt(3),
                  random.nextInt(100),
                  random.nextInt(100)));
    }
    return events;
  }

  /** By turns into both partitions. */
  private List<ProducerRecord<byte[], byte[]>> spread(List<String> events) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      records.add(
          Topics.record(topic, i % 2, MAY_4, null, events.get(i).getBytes(StandardCharsets.UTF_8)));
    }
    return records;
  }

  private Database batchOver(List<String> events) throws IOException {
    Path file = directory.resolve("events.jsonl");
    Files.write(file, events);
    Database batch = SharedStack.freshDatabase("it_replay_batch");
    ok(
        Cli.run(
            SharedStack.environment(batch), "run", "traffic", "--source=files", "--input=" + file));
    return batch;
  }

  private static void assertSameWindows(Database actual, Database expected) {
    for (String table : WINDOWS) {
      assertSameRows("windows", rows(actual, table), rows(expected, table));
    }
  }

  private Cli.Ended run(String... arguments) {
    return Cli.run(environment, arguments);
  }

  private static Cli.Ended ok(Cli.Ended ended) {
    assertThat(ended.output(), ended.code(), is(0));
    return ended;
  }
}
