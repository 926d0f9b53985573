package dev.millrace.runners.repair;

import static dev.millrace.runners.support.Tables.assertGoldFollowsSilver;
import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.mapLatamToNull;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.in;
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
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Past days of orders, made right on the real servers. */
class BackfillIT {
  private static final Instant MAY_3 = Instant.parse("2026-05-03T00:00:00Z");
  private static final int DAYS = 7;
  private static final int ORDERS_OF_A_DAY = 60;
  private static final int PARTITIONS = 3;
  private static final List<String> REGIONS = List.of("LATAM", "EMEA", "APAC");

  /** Rows with everything in them, when they changed as well. */
  private static final String SILVER_BYTES =
      "select o::text from silver.orders_clean o where %s order by order_id";

  private static final String GOLD_BYTES =
      "select g::text from gold.revenue_by_region g where %s order by region, order_date";

  /** What a table has but for its rows. */
  private static final String ATTACHED =
      """
      select 'index ' || indexdef from pg_indexes where schemaname in ('silver', 'gold')
      union all
      select 'grants ' || oid::regclass || relacl::text || relowner from pg_class
      where relnamespace in ('silver'::regnamespace, 'gold'::regnamespace) and relkind = 'r'
      union all
      select 'parameters ' || oid::regclass || reloptions::text from pg_class
      where relnamespace in ('silver'::regnamespace, 'gold'::regnamespace) and relkind = 'r'
      union all
      select 'comment ' || objoid::regclass || objsubid || description from pg_description
      where classoid = 'pg_class'::regclass and objoid::regclass::text ~ '^(silver|gold)'
      order by 1
      """;

  private static final String OTHER_DAYS = "order_date not between '2026-05-04' and '2026-05-06'";

  /** What the three days must say, for whoever checks the repair afterwards. */
  private static final String AUDIT =
      """
      select r.day, r.state, r.who, r.reason, r.records_read, r.differences,
        (select count(*) from silver.orders_clean o where o.order_date = r.day) as orders,
        (select count(*) from silver.orders_clean o
         where o.order_date = r.day and o.region = 'LATAM') as latam,
        (select count(*) from silver.orders_clean o
         where o.order_date = r.day and o._merged_at > r.started_at) as changed
      from ops.runs r where r.kind = 'backfill' order by r.day
      """;

  private static final String WEEK = "it_backfill_week";

  private String topic = WEEK;
  private Database database;
  private Map<String, String> environment;

  @BeforeAll
  static void ordersOfAWeek() {
    sendAndRun(WEEK, SharedStack.freshDatabase(WEEK));
  }

  @BeforeEach
  void theSameTablesForEach() {
    database = SharedStack.freshDatabase("it_backfill", WEEK);
    environment = SharedStack.environment(database);
  }

  /** For who changes what is in the log. */
  private void ordersOfAWeekInATopicOfItsOwn(String name) {
    topic = name;
    database = SharedStack.freshDatabase("it_backfill");
    environment = SharedStack.environment(database);
    sendAndRun(topic, database);
  }

  private static void sendAndRun(String topic, Database database) {
    Topics.create(topic, PARTITIONS);
    Random random = new Random(7);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int day = 0; day < DAYS; day++) {
      for (int i = 0; i < ORDERS_OF_A_DAY; i++) {
        Instant time = MAY_3.plus(Duration.ofDays(day)).plusSeconds(random.nextInt(86_400));
        records.add(
            order(
                topic,
                "O-" + day + "-" + i,
                REGIONS.get(random.nextInt(REGIONS.size())),
                random.nextInt(1, 100_000) / 100.0 + "",
                time));
      }
    }
    Topics.send(records);
    ok(
        Cli.run(
            SharedStack.environment(database),
            "run",
            "orders",
            "--source=range",
            "--topic=" + topic));
  }

  @Test
  void threeDaysAreMendedAndTheOthersStayByteForByte() {
    List<String> right = rows(database, Tables.SILVER_VALUES);
    List<String> rightGold = rows(database, Tables.GOLD_VALUES);
    List<String> others = rows(database, SILVER_BYTES.formatted(OTHER_DAYS));
    List<String> otherGold = rows(database, GOLD_BYTES.formatted(OTHER_DAYS));
    mapLatamToNull(database);
    assertThat(rows(database, Tables.SILVER_VALUES), is(not(right)));

    ok(
        run(
            "backfill",
            "orders",
            "--from=2026-05-04",
            "--to=2026-05-06",
            "--topic=" + topic,
            "--runner=FlinkRunner",
            "--flinkMaster=" + SharedStack.get().flink().address(),
            "--who=ann",
            "--reason=LATAM was mapped to null"));
    assertThat("live tables are untouched", rows(database, Tables.SILVER_VALUES), is(not(right)));
    Cli.Ended compared = ok(run("compare", "2", "3", "4"));
    assertThat(compared.output(), containsString("region: null -> LATAM"));
    assertThat(compared.output(), containsString("changed (region in"));
    ok(run("swap", "2", "3", "4"));

    assertSameRows("silver", rows(database, Tables.SILVER_VALUES), right);
    assertSameRows("gold", rows(database, Tables.GOLD_VALUES), rightGold);
    assertGoldFollowsSilver(database);
    assertSameRows("other days", rows(database, SILVER_BYTES.formatted(OTHER_DAYS)), others);
    assertSameRows("their gold", rows(database, GOLD_BYTES.formatted(OTHER_DAYS)), otherGold);
    List<String> audit = rows(database, AUDIT);
    assertThat(audit, hasSize(3));
    for (int i = 0; i < audit.size(); i++) {
      List<String> row = Arrays.asList(audit.get(i).split("\\|"));
      assertThat(
          row.subList(0, 4),
          is(List.of("2026-05-0" + (4 + i), "swapped", "ann", "LATAM was mapped to null")));
      assertThat("all orders are there", row.get(6), is("" + ORDERS_OF_A_DAY));
      assertThat("those that changed are those of LATAM", row.get(8), is(row.get(7)));
    }
    assertThat(
        "no tables are left behind",
        rows(database, "select nspname from pg_namespace where nspname like 'shadow%'"),
        is(empty()));
    Cli.Ended again = run("swap", "2");
    assertThat(again.code(), is(1));
    assertThat(again.output(), containsString("run 2 is swapped"));
  }

  @Test
  void secondBackfillOfRightDaysChangesNothing() {
    List<String> before = rows(database, SILVER_BYTES.formatted("true"));
    List<String> goldBefore = rows(database, GOLD_BYTES.formatted("true"));

    backfill("--from=2026-05-03", "--to=2026-05-09");
    Cli.Ended compared = ok(run("compare", "2", "3", "4", "5", "6", "7", "8"));
    assertThat(compared.output(), not(containsString("rows differ")));
    ok(run("swap", "2", "3", "4", "5", "6", "7", "8"));

    assertSameRows("silver", rows(database, SILVER_BYTES.formatted("true")), before);
    assertSameRows("gold", rows(database, GOLD_BYTES.formatted("true")), goldBefore);
  }

  @Test
  void everythingAtOnceMendsEveryDay() {
    List<String> right = rows(database, Tables.SILVER_VALUES);
    mapLatamToNull(database);
    execute(database, "delete from silver.orders_clean where order_id like 'O-6-%'");

    backfill("--full");
    ok(run("compare", "2"));
    ok(run("swap", "2"));

    assertSameRows("silver", rows(database, Tables.SILVER_VALUES), right);
    assertGoldFollowsSilver(database);
  }

  @Test
  void newTablesTakeTheNamesOfTheOldOnes() throws SQLException {
    execute(
        database,
        """
        drop role if exists it_reader;
        create role it_reader;
        grant select on silver.orders_clean, gold.revenue_by_region to it_reader with grant option;
        alter table silver.orders_clean set (fillfactor = 90)
        """);
    List<String> right = rows(database, Tables.SILVER_VALUES);
    List<String> attached = rows(database, ATTACHED);
    mapLatamToNull(database);
    List<String> wrong = rows(database, Tables.SILVER_VALUES);
    backfill("--full");
    ok(run("compare", "2"));

    execute(database, "create view public.regions as select region from gold.revenue_by_region");
    Cli.Ended refused = run("swap", "2", "--rename");
    assertThat(refused.output(), refused.code(), is(1));
    assertThat(
        refused.output(),
        containsString(
            "gold.revenue_by_region has what a renamed table wouldn't have: view regions"));
    assertSameRows("refused", rows(database, Tables.SILVER_VALUES), wrong);
    execute(database, "drop view public.regions");
    try (Connection live = database.connect();
        PreparedStatement prepared =
            live.prepareStatement("select count(*) from silver.orders_clean where region = ?")) {
      assertThat(count(prepared, "null"), is(not(0L)));

      Cli.Ended swapped = ok(run("swap", "2", "--rename"));

      assertThat(
          swapped.output(),
          containsString("silver.orders_clean: 0 rows replaced, 420 added, 420 removed"));
      assertThat("who was connected reads the new table", count(prepared, "null"), is(0L));
    }
    assertSameRows("silver", rows(database, Tables.SILVER_VALUES), right);
    assertGoldFollowsSilver(database);
    assertSameRows("grants, comments, indexes", rows(database, ATTACHED), attached);

    assertThat(
        ok(run("rollback", "2")).output(),
        containsString("silver.orders_clean: 0 rows replaced, 420 added, 420 removed"));
    assertSameRows("as before", rows(database, Tables.SILVER_VALUES), wrong);
    assertSameRows("grants, comments, indexes", rows(database, ATTACHED), attached);
    assertThat(run("rollback", "2").output(), containsString("run 2 has no tables to go back to"));
    assertThat(run("swap", "2", "--rename").output(), containsString("wasn't compared"));
    ok(run("compare", "2"));
    ok(run("swap", "2", "--rename"));
    assertSameRows("once more", rows(database, Tables.SILVER_VALUES), right);

    execute(database, "update silver.orders_clean set _merged_at = now() where order_id = 'O-1-3'");
    assertThat(
        run("rollback", "2").output(),
        containsString("1 rows of silver.orders_clean were written after run 2 was swapped"));
    ok(run("discard", "2"));
    assertThat(run("rollback", "2").output(), containsString("run 2 has no tables to go back to"));
    assertThat(
        "no tables are left behind",
        rows(database, "select nspname from pg_namespace where nspname like 'shadow%'"),
        is(empty()));
    assertThat(rows(database, "select state from ops.runs where run = 2"), is(List.of("swapped")));

    ok(run("run", "orders", "--source=range", "--topic=" + topic));
    assertSameRows("written once more", rows(database, Tables.SILVER_VALUES), right);
    backfill("--from=2026-05-04");
    assertThat(
        "from all to a day nothing is lost",
        ok(run("compare", "4")).output(),
        not(containsString("rows differ")));
    assertThat(
        run("swap", "4", "--rename").output(),
        containsString("run 4 is of 2026-05-04: only the tables of a whole backfill"));
  }

  private static long count(PreparedStatement query, String region) throws SQLException {
    query.setString(1, region);
    try (ResultSet count = query.executeQuery()) {
      count.next();
      return count.getLong(1);
    }
  }

  @Test
  void liveTrafficGoesOnWhileAPastDayIsSwapped() throws Exception {
    ordersOfAWeekInATopicOfItsOwn("it-backfill-live");
    mapLatamToNull(database);
    try (Cli stream =
        Cli.start(
            environment,
            "run",
            "orders",
            "--source=kafka",
            "--topic=" + topic,
            "--start=earliest",
            "--runner=FlinkRunner",
            "--flinkMaster=" + SharedStack.get().flink().address(),
            "--checkpointingInterval=500ms")) {
      Topics.awaitCaughtUp(topic, "millrace-orders-" + topic, stream);
      AtomicBoolean done = new AtomicBoolean();
      CompletableFuture<List<String>> seen =
          CompletableFuture.supplyAsync(() -> everythingSeen(regionsOfTheDay(), done));
      CompletableFuture<Integer> sent = CompletableFuture.supplyAsync(() -> sendLive(done));
      backfill("--from=2026-05-04");
      ok(run("compare", "3"));
      List<String> before = rows(database, regionsOfTheDay());
      // A newer version, after the run has read, of an order of that day: of another day now.
      Instant later = MAY_3.plus(Duration.ofDays(20));
      Topics.send(List.of(order("O-1-0", "EMEA", "7.77", later)));
      Awaitility.await()
          .until(
              () ->
                  number(
                          database,
                          "select count(*) from silver.orders_clean where order_id = 'O-1-0' and amount = 7.77")
                      == 1);
      List<String> corrected = rows(database, regionsOfTheDay());
      ok(run("swap", "3"));
      List<String> after = rows(database, regionsOfTheDay());
      done.set(true);
      assertThat(
          "readers see what was, or what is",
          seen.get(),
          everyItem(is(in(List.of(before.get(0), corrected.get(0), after.get(0))))));
      int live = sent.get();
      Topics.awaitCaughtUp(topic, "millrace-orders-" + topic, stream);
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(
                      "no live row is lost",
                      number(
                          database,
                          "select count(*) from silver.orders_clean where order_id like 'live-%'"),
                      is((long) live)));
      assertThat(
          "the newer version stays, the stale one doesn't come back",
          rows(
              database,
              "select order_date, amount from silver.orders_clean where order_id = 'O-1-0'"),
          is(List.of("2026-05-23|7.77")));
      assertThat(
          number(
              database,
              "select count(*) from silver.orders_clean where order_date = '2026-05-04' and region = 'null'"),
          is(0L));
      assertGoldFollowsSilver(database);
    }
  }

  private static String regionsOfTheDay() {
    return "select string_agg(region || ' ' || orders, ', ' order by region) from gold.revenue_by_region where order_date = '2026-05-04'";
  }

  private List<String> everythingSeen(String query, AtomicBoolean done) {
    List<String> seen = new ArrayList<>();
    while (!done.get()) {
      String now = rows(database, query).get(0);
      if (seen.isEmpty() || !seen.get(seen.size() - 1).equals(now)) {
        seen.add(now);
      }
    }
    return seen;
  }

  private int sendLive(AtomicBoolean done) {
    int sent = 0;
    Instant time = MAY_3.plus(Duration.ofDays(DAYS));
    while (!done.get()) {
      List<ProducerRecord<byte[], byte[]>> some = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        some.add(order("live-" + sent, "EMEA", "1.50", time.plusSeconds(sent)));
        sent++;
      }
      Topics.send(some);
    }
    return sent;
  }

  @Test
  void swapIsRefusedWithoutAComparison() {
    backfill("--from=2026-05-04");

    Cli.Ended swap = run("swap", "2");

    assertThat(swap.code(), is(1));
    assertThat(swap.output(), containsString("run 2 wasn't compared with the live tables"));
  }

  @Test
  void swapIsRefusedIfTheDayChangedSinceTheRunHasRead() {
    backfill("--from=2026-05-04");
    ok(run("compare", "2"));
    execute(
        database,
        "update silver.orders_clean set amount = 1, _merged_at = now() where order_id = 'O-1-3'");
    List<String> before = rows(database, SILVER_BYTES.formatted("true"));

    Cli.Ended swap = run("swap", "2");

    assertThat(swap.code(), is(1));
    assertThat(
        swap.output(),
        containsString(
            "1 rows of silver.orders_clean of 2026-05-04 were written after run 2 had begun to read"));
    assertSameRows("silver", rows(database, SILVER_BYTES.formatted("true")), before);
    ok(run("discard", "2"));
    assertThat(run("swap", "2").output(), containsString("run 2 is discarded"));
  }

  @Test
  void swapIsRefusedIfTheTableHasOtherColumnsThanThen() {
    backfill("--from=2026-05-04");
    ok(run("compare", "2"));
    execute(database, "alter table silver.orders_clean add column channel text");

    Cli.Ended swap = run("swap", "2");

    assertThat(swap.code(), is(1));
    assertThat(swap.output(), containsString("silver.orders_clean has changed since"));
  }

  @Test
  void twoBackfillsOfADayAtOnceAreRefused() throws SQLException {
    try (Connection blocking = database.connect()) {
      lock(blocking, "lock table ops.ledger in exclusive mode");
      try (Cli first = startBackfill("--from=2026-05-04", "--to=2026-05-05")) {
        awaitRuns("running", 2);

        Cli.Ended second = run(backfillOf("--from=2026-05-05"));

        assertThat(second.code(), is(1));
        assertThat(
            second.output(),
            containsString("another repair of orders is under way for 2026-05-05"));
        blocking.rollback();
        assertThat(first.output(), first.await().code(), is(0));
      }
    }
  }

  @Test
  void killedBackfillGoesOnWhereItWas() throws SQLException {
    mapLatamToNull(database);
    List<String> corrupt = rows(database, SILVER_BYTES.formatted("true"));
    backfill("--from=2026-05-04");
    // Before its run is noted; and while it writes.
    for (String lock :
        List.of(
            "lock table ops.runs in exclusive mode", "lock table ops.ledger in exclusive mode")) {
      try (Connection blocking = database.connect()) {
        lock(blocking, lock);
        Cli killed = startBackfill("--from=2026-05-04", "--to=2026-05-06", "--max-active=1");
        awaitBlocked();
        killed.kill();
        blocking.rollback();
      }
      Awaitility.await()
          .until(
              () ->
                  number(database, "select count(*) from pg_locks where locktype = 'advisory'")
                      == 0);
      assertSameRows("live", rows(database, SILVER_BYTES.formatted("true")), corrupt);
    }

    Cli.Ended last = backfill("--from=2026-05-04", "--to=2026-05-06");

    assertThat(last.output(), containsString("done before"));
    assertThat(
        "the killed one has left nothing, the three are there",
        rows(database, "select nspname from pg_namespace where nspname like 'shadow%'"),
        hasSize(3));
    assertThat(
        rows(
            database,
            "select day, count(*) filter (where state = 'done') from ops.runs where day is not null group by 1 order by 1"),
        is(List.of("2026-05-04|1", "2026-05-05|1", "2026-05-06|1")));
  }

  @Test
  void killedSwapHasChangedNothing() throws SQLException {
    mapLatamToNull(database);
    List<String> corrupt = rows(database, SILVER_BYTES.formatted("true"));
    List<String> corruptGold = rows(database, GOLD_BYTES.formatted("true"));
    backfill("--from=2026-05-04");
    ok(run("compare", "2"));
    // Before it begins, before it may write, and when all is written but the end.
    for (String lock :
        List.of(
            "select from ops.runs for update",
            "lock table silver.orders_clean in row exclusive mode",
            "lock table shadow_2.orders_clean in access share mode")) {
      try (Connection blocking = database.connect()) {
        lock(blocking, lock);
        Cli killed = Cli.start(environment, "swap", "2");
        awaitBlocked();
        killed.kill();
        blocking.rollback();
      }
      Awaitility.await()
          .until(
              () ->
                  number(
                          database,
                          "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'")
                      == 0);
      assertSameRows("silver", rows(database, SILVER_BYTES.formatted("true")), corrupt);
      assertSameRows("gold", rows(database, GOLD_BYTES.formatted("true")), corruptGold);
    }

    ok(run("swap", "2"));

    assertThat(
        number(
            database,
            "select count(*) from silver.orders_clean where region = 'null' and order_date = '2026-05-04'"),
        is(0L));
    assertGoldFollowsSilver(database);
  }

  @Test
  void directBackfillAddsWhatIsMissing() {
    List<String> right = rows(database, Tables.SILVER_VALUES);
    execute(database, "delete from silver.orders_clean where order_id in ('O-1-1', 'O-1-2')");
    execute(database, "delete from gold.revenue_by_region");
    execute(
        database,
        "insert into gold.revenue_by_region select region, order_date, sum(amount), count(*), true, now() from silver.orders_clean group by 1, 2");

    backfill("--from=2026-05-04", "--direct");

    assertSameRows("silver", rows(database, Tables.SILVER_VALUES), right);
    assertGoldFollowsSilver(database);
  }

  @Test
  void resentDayTakesThePlaceOfTheOldOne(@TempDir Path directory) throws IOException {
    List<String> others = rows(database, SILVER_BYTES.formatted("order_date <> '2026-05-04'"));
    Path file = directory.resolve("resent.jsonl");
    Instant time = MAY_3.plus(Duration.ofDays(1));
    Files.write(
        file,
        List.of(
            OrderJson.order("O-1-0", "EMEA", "3.25", time),
            OrderJson.order("N-1", "EMEA", "4.50", time),
            OrderJson.order("of another day", "EMEA", "9.99", MAY_3)));

    ok(
        run(
            "backfill",
            "orders",
            "--from=2026-05-04",
            "--source=files",
            "--input=" + file,
            "--reason=resent"));
    ok(run("compare", "2"));
    ok(run("swap", "2"));

    assertThat(
        rows(
            database,
            "select order_id, amount from silver.orders_clean where order_date = '2026-05-04' order by 1"),
        is(List.of("N-1|4.50", "O-1-0|3.25")));
    assertSameRows(
        "other days", rows(database, SILVER_BYTES.formatted("order_date <> '2026-05-04'")), others);
    assertGoldFollowsSilver(database);
  }

  @Test
  void dayIsPublishedOnceItsSourceHasAllOfIt() {
    mapLatamToNull(database);
    String day = "--date=2026-05-04";
    String source = "--topic=" + topic;

    Cli.Ended tooEarly =
        run("daily", "orders", "--date=2026-05-09", source, "--wait=2s", "--poll=1s");
    assertThat(tooEarly.output(), tooEarly.code(), is(1));
    assertThat(tooEarly.output(), containsString("2026-05-09 of orders is not published"));
    assertThat(number(database, "select count(*) from ops.completions"), is(0L));

    assertThat(
        ok(run("daily", "orders", day, source)).output(),
        containsString("2026-05-04 of orders is published"));
    assertThat(
        ok(run("daily", "orders", day, source)).output(), containsString("is published already"));
    assertThat(
        number(
            database,
            "select count(*) from silver.orders_clean where region = 'null' and order_date = '2026-05-04'"),
        is(0L));
    Cli.Ended dependent =
        run(
            "daily",
            "orders",
            "--date=2026-05-05",
            source,
            "--after=traffic",
            "--wait=1s",
            "--poll=1s");
    assertThat(dependent.code(), is(1));
    assertThat(dependent.output(), containsString("2026-05-05 of traffic is not published yet"));
    assertThat(
        rows(database, "select pipeline, day from ops.completions"),
        is(List.of("orders|2026-05-04")));
  }

  @Test
  void planTellsWhatABackfillTakes() {
    String plan =
        ok(run(
                "plan",
                "orders",
                "--from=2026-05-04",
                "--to=2026-05-05",
                "--topic=" + topic,
                "--rate=100/s"))
            .output();
    assertThat(plan, containsString("Reading the log"));
    assertThat(plan, containsString("at 100 records/s for each of 2 at once"));

    assertThat(
        ok(run(
                "plan",
                "--volume=300TB",
                "--replay-rate=500MB/s",
                "--live-rate=50MB/s",
                "--retention=14d"))
            .output(),
        is(
            """
            Reading 300.0 TB at 500.0 MB/s takes 600,000 s (6.9 days)
            A log that receives 50.0 MB/s and keeps it for 14.0 days holds 60.5 TB
            """));
    assertThat(run("plan", "--volume=3x").output(), containsString("'3x' is no size"));
  }

  @Test
  void dayWithoutRecordsIsAnEmptyDay() {
    backfill("--from=2026-07-01");
    ok(run("compare", "2"));
    ok(run("swap", "2"));

    assertThat(
        number(database, "select count(*) from silver.orders_clean"),
        is((long) DAYS * ORDERS_OF_A_DAY));
  }

  @Test
  void logThatHasLostTheDayIsRefused() {
    ordersOfAWeekInATopicOfItsOwn("it-backfill-lost");
    Topics.deleteBefore(topic, 0, 1_000);

    Cli.Ended ended = run(backfillOf("--from=2026-05-03", "--to=2026-05-04"));

    assertThat(ended.code(), is(1));
    assertThat(ended.output(), containsString("may have lost records since 2026-05-02T23:00:00Z"));
    assertThat(
        rows(database, "select distinct state from ops.runs where day is not null"),
        is(List.of("failed")));
  }

  @Test
  void allMistakesAreToldAtOnce() {
    Cli.Ended ended =
        run(
            "backfill",
            "cars",
            "--from=2026-05-06",
            "--to=2026-05-04",
            "--source=tape",
            "--shadow",
            "--direct",
            "--max-active=0");
    assertThat(ended.output(), ended.code(), is(2));
    for (String mistake :
        List.of(
            "'cars' is no pipeline: it is orders or traffic",
            "--from=2026-05-06 is after --to=2026-05-04",
            "--shadow and --direct: choose one",
            "--max-active=0 is none")) {
      assertThat(ended.output(), containsString(mistake));
    }

    Cli.Ended huge =
        run("backfill", "orders", "--from=0001-01-01", "--to=2026-05-04", "--source=tape", "--x=1");
    assertThat(huge.output(), huge.code(), is(2));
    for (String mistake :
        List.of(
            "days, and at most 366 go at once", "--source=tape is none", "unknown option: --x")) {
      assertThat(huge.output(), containsString(mistake));
    }
    assertThat(
        run("backfill", "orders", "--from=yesterday", "--topic=" + topic).output(),
        containsString("'yesterday' is no day: write it like 2026-05-04"));
  }

  private static void lock(Connection connection, String statement) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement locks = connection.createStatement()) {
      locks.execute(statement);
    }
  }

  private void awaitRuns(String state, int runs) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                number(database, "select count(*) from ops.runs where state = '" + state + "'")
                    == runs);
  }

  private void awaitBlocked() {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                number(
                        database,
                        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
                    > 0);
  }

  private Cli startBackfill(String... options) {
    return Cli.start(environment, backfillOf(options));
  }

  private Cli.Ended backfill(String... options) {
    return ok(run(backfillOf(options)));
  }

  private String[] backfillOf(String... options) {
    List<String> arguments = new ArrayList<>(List.of("backfill", "orders", "--topic=" + topic));
    arguments.addAll(List.of(options));
    return arguments.toArray(new String[0]);
  }

  private Cli.Ended run(String... arguments) {
    return Cli.run(environment, arguments);
  }

  private static Cli.Ended ok(Cli.Ended ended) {
    assertThat(ended.output(), ended.code(), is(0));
    return ended;
  }

  private ProducerRecord<byte[], byte[]> order(
      String id, String region, String amount, Instant time) {
    return order(topic, id, region, amount, time);
  }

  private static ProducerRecord<byte[], byte[]> order(
      String topic, String id, String region, String amount, Instant time) {
    return Topics.record(
        topic,
        Math.floorMod(id.hashCode(), PARTITIONS),
        time,
        id.getBytes(StandardCharsets.UTF_8),
        OrderJson.order(id, region, amount, time).getBytes(StandardCharsets.UTF_8));
  }
}
