package dev.millrace.runners.repair;

import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** A topic kept in files, and days made anew from them. */
class ArchiveIT {
  private static final Instant MAY_3 = Instant.parse("2026-05-03T00:00:00Z");
  private static final int DAYS = 4;
  private static final int ORDERS_OF_A_DAY = 150;
  private static final int PARTITIONS = 2;

  private static final Pattern HOUR =
      Pattern.compile("\"hour\" : \"([^\"]+)\",\\s+\"records\" : (\\d+)");
  private static final Pattern FILE =
      Pattern.compile("\"name\" : \"([^\"]+)\"[^}]*\"records\" : (\\d+),\\s+\"bytes\" : (\\d+)");

  @TempDir Path directory;

  private String topic;
  private Database database;
  private Map<String, String> environment;

  @BeforeEach
  void fresh(TestInfo test) {
    topic = "it-archive-" + test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    database = SharedStack.freshDatabase("it_archive");
    environment = new TreeMap<>(SharedStack.environment(database));
    environment.put("MILLRACE_ARCHIVE", directory.toString());
    Topics.create(topic, PARTITIONS);
  }

  @Test
  void dayFromTheArchiveEqualsTheDayFromTheLog() throws IOException {
    Topics.send(orders());
    ok(run("run", "orders", "--source=range", "--topic=" + topic));
    List<String> right = rows(database, Tables.SILVER);
    ok(run("run", "archive", "--source=range", "--topic=" + topic));

    assertThat(
        "records by hour in the manifests, and in the ledger",
        recordsByHour(),
        is(
            rows(
                database,
                """
                select to_char(window_start, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), sum(count) from ops.ledger
                where pipeline = 'archive' and stage = 'written' group by 1 order by 1
                """)));
    assertThat(
        ok(run("audit", "archive")).output(), containsString("Every closed window balances"));
    ok(run("backfill", "orders", "--from=2026-05-04", "--topic=" + topic, "--source=log"));
    List<String> fromLog = rows(database, shadowRows());

    for (int partition = 0; partition < PARTITIONS; partition++) {
      Topics.deleteBefore(topic, partition, Long.MAX_VALUE);
    }
    Cli.Ended auto =
        ok(run("backfill", "orders", "--from=2026-05-04", "--topic=" + topic, "--again"));

    assertThat(auto.output(), containsString("Reading the archive, as the log no longer has all"));
    assertSameRows("from the archive", rows(database, shadowRows()), fromLog);
    assertThat(fromLog.size(), is(ORDERS_OF_A_DAY));
    String run = rows(database, "select max(run) from ops.runs").get(0);
    assertThat(ok(run("compare", run)).output(), not(containsString("rows differ")));
    assertSameRows("nothing live has changed", rows(database, Tables.SILVER), right);
  }

  /** Of the last run, with where each row came from. */
  private String shadowRows() {
    return Tables.SILVER.replace(
        "silver.", "shadow_" + rows(database, "select max(run) from ops.runs").get(0) + ".");
  }

  @Test
  void whatIsDeliveredIsReadBackByteForByte() throws IOException {
    byte[] junk = {0, (byte) 0xff, 10, 13, (byte) 0xc3};
    ProducerRecord<byte[], byte[]> odd = Topics.record(topic, 1, MAY_3, junk, junk);
    odd.headers().add(new RecordHeader("trace", junk));
    odd.headers().add(new RecordHeader("none", null));
    Topics.send(List.of(odd, Topics.record(topic, 1, MAY_3, junk, null)));
    ok(run("run", "orders", "--source=range", "--topic=" + topic));
    String letters =
        "select source_topic, source_partition, source_offset, key, payload, headers, loaded_at"
            + " from %s.dead_letters order by source_offset";
    List<String> fromLog = rows(database, letters.formatted("ops"));
    assertThat(fromLog.size(), is(2));
    ok(run("run", "archive", "--source=range", "--topic=" + topic));
    execute(database, "delete from ops.dead_letters");

    ok(run("backfill", "orders", "--from=2026-05-03", "--topic=" + topic, "--source=archive"));

    assertSameRows("dead letters", rows(database, letters.formatted("ops")), fromLog);
  }

  @Test
  void killedArchiveHoldsEachRecordOnce() throws IOException {
    String master = "--flinkMaster=" + SharedStack.get().flink().address();
    Cli.Ended stream =
        ok(
            run(
                "run",
                "archive",
                "--source=kafka",
                "--topic=" + topic,
                "--runner=FlinkRunner",
                master,
                "--detach",
                "--checkpointingInterval=500ms"));
    List<ProducerRecord<byte[], byte[]>> orders = orders();
    int half = orders.size() / 2;
    Topics.send(orders.subList(0, half));
    Topics.awaitCaughtUp(topic, "millrace-archive-" + topic, null);
    SharedStack.get().flink().killTaskManager();
    Topics.send(orders.subList(half, orders.size()));
    Topics.awaitCaughtUp(topic, "millrace-archive-" + topic, null);
    ok(run("stop", "--drain", stream.job(), master));
    List<String> hours = recordsByHour();
    long records = hours.stream().mapToLong(each -> Long.parseLong(each.split("\\|")[1])).sum();
    assertThat(records, is((long) orders.size()));
    Map<String, byte[]> before = files();

    // Once more, from the start: the same files.
    ok(run("run", "archive", "--source=range", "--topic=" + topic));

    assertThat(files().keySet(), is(before.keySet()));
    for (Map.Entry<String, byte[]> each : files().entrySet()) {
      assertThat(each.getKey(), each.getValue(), is(before.get(each.getKey())));
    }
    assertThat(
        before.keySet().stream().filter(each -> each.contains("writing")).toList(), is(empty()));
    assertThat(
        "written, as the ledger says, in the manifests",
        number(
            database, "select sum(count) from ops.ledger where run_id = 1 and stage = 'written'"),
        is(records));
  }

  @Test
  void damagedAndMissingFilesAreNamedAndNothingIsWritten() throws IOException {
    Topics.send(orders());
    ok(run("run", "orders", "--source=range", "--topic=" + topic));
    ok(run("run", "archive", "--source=range", "--topic=" + topic));
    List<Path> may4 = new ArrayList<>();
    try (Stream<Path> all = Files.walk(directory.resolve(topic).resolve("2026-05-04"))) {
      all.filter(each -> each.toString().endsWith(".avro")).sorted().forEach(may4::add);
    }
    byte[] whole = Files.readAllBytes(may4.get(0));
    Files.write(may4.get(0), Arrays.copyOf(whole, whole.length - 7));
    Files.delete(may4.get(1));
    byte[] flipped = Files.readAllBytes(may4.get(2));
    flipped[flipped.length / 2] ^= 1;
    Files.write(may4.get(2), flipped);
    List<String> before = rows(database, Tables.SILVER);

    Cli.Ended ended =
        run(
            "backfill",
            "orders",
            "--from=2026-05-04",
            "--topic=" + topic,
            "--source=archive",
            "--direct");

    assertThat(ended.code(), is(1));
    assertThat(ended.output(), containsString(may4.get(0) + " has"));
    assertThat(ended.output(), containsString("it is cut off or changed"));
    assertThat(ended.output(), containsString(may4.get(1) + " is missing"));
    assertThat(ended.output(), containsString(may4.get(2) + " is damaged"));
    assertSameRows("silver", rows(database, Tables.SILVER), before);
    assertThat(number(database, "select count(*) from ops.ledger where run_id = 3"), is(0L));
  }

  @Test
  void topicMadeAnewIsNotMixedWithTheOldOne() {
    Topics.send(orders().subList(0, 10));
    ok(run("run", "archive", "--source=range", "--topic=" + topic));
    Topics.delete(topic);
    Topics.create(topic, PARTITIONS);
    Topics.send(List.of(Topics.record(topic, 0, MAY_3, null, new byte[] {1})));

    Cli.Ended ended = run("run", "archive", "--source=range", "--topic=" + topic);

    assertThat(ended.output(), ended.code(), is(1));
    assertThat(ended.output(), containsString("has another record at offset 0"));
  }

  @Test
  void withoutAnArchiveItSaysHowToMakeOne() {
    Cli.Ended ended =
        run("backfill", "orders", "--from=2026-05-04", "--topic=" + topic, "--source=archive");
    assertThat(ended.output(), ended.code(), is(1));
    assertThat(ended.output(), containsString("there is no archive of topic"));
    assertThat(
        run("run", "archive", "--source=kafka").output(),
        containsString("archive keeps a topic: give --topic"));
  }

  /** Hour and number of records of each manifest, and of the files that it names. */
  private List<String> recordsByHour() throws IOException {
    List<String> hours = new ArrayList<>();
    try (Stream<Path> all = Files.walk(directory.resolve(topic))) {
      for (Path each : all.filter(path -> path.endsWith("manifest.json")).sorted().toList()) {
        String manifest = Files.readString(each);
        long sum = 0;
        Matcher file = FILE.matcher(manifest);
        while (file.find()) {
          sum += Long.parseLong(file.group(2));
          assertThat(
              Files.size(each.resolveSibling(file.group(1))), is(Long.parseLong(file.group(3))));
        }
        Matcher hour = HOUR.matcher(manifest);
        assertThat(manifest, hour.find(), is(true));
        assertThat(manifest, Long.parseLong(hour.group(2)), is(sum));
        hours.add(hour.group(1) + "|" + sum);
      }
    }
    return hours;
  }

  private Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        files.put(directory.relativize(each).toString(), Files.readAllBytes(each));
      }
    }
    return files;
  }

  private List<ProducerRecord<byte[], byte[]>> orders() {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < DAYS * ORDERS_OF_A_DAY; i++) {
      Instant time = MAY_3.plus(Duration.ofSeconds(86_400L / ORDERS_OF_A_DAY * i));
      byte[] order =
          OrderJson.order("O-" + i, "EMEA", "1.50", time).getBytes(StandardCharsets.UTF_8);
      records.add(Topics.record(topic, i % PARTITIONS, time, null, order));
    }
    return records;
  }

  private Cli.Ended run(String... arguments) {
    return Cli.run(environment, arguments);
  }

  private static Cli.Ended ok(Cli.Ended ended) {
    assertThat(ended.output(), ended.code(), is(0));
    return ended;
  }
}
