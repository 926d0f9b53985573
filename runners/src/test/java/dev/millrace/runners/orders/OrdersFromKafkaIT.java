package dev.millrace.runners.orders;

import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.OrderJson;
import dev.millrace.runners.support.Samples;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Tables;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders through Kafka, live, with everything that can go wrong on the way. */
class OrdersFromKafkaIT {
  private static final String SAMPLES = "--input=samples/retail-orders/*.jsonl.gz";
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");

  private static Database expected;

  @TempDir Path directory;

  @BeforeAll
  static void backfillFromFiles() {
    expected = SharedStack.freshDatabase("it_kafka_expected");
    Cli.Ended ended =
        Cli.run(SharedStack.environment(expected), "run", "orders", "--source=files", SAMPLES);
    assertThat(ended.output(), ended.code(), is(0));
  }

  @Test
  void streamWithDuplicatesDisorderAndJunkLeavesTheTablesOfTheFiles() {
    Database database = SharedStack.freshDatabase("it_kafka_faults");
    feed(database, "it-faults", "--duplicates=5%", "--disorder=60s", "--malformed=1%", "--seed=3");

    try (Cli stream = stream(database, "it-faults", "--runner=FlinkRunner")) {
      Topics.awaitCaughtUp("it-faults", "millrace-orders-it-faults", stream);
      awaitDeadLetters(database, malformedIn("it-faults").size());
    }

    assertSameRows(
        "silver", rows(database, Tables.SILVER_VALUES), rows(expected, Tables.SILVER_VALUES));
    assertSameRows("gold", rows(database, Tables.GOLD_VALUES), rows(expected, Tables.GOLD_VALUES));
    assertSameRows("dead letters", deadLetters(database), malformedIn("it-faults"));
    assertThat(deadLetters(database).size(), is(greaterThan(80)));
  }

  @Test
  void daysBecomeFinalWithTheWatermarkAndTheAllowedLateness() {
    Database database = SharedStack.freshDatabase("it_kafka_final");
    feed(database, "it-final");

    try (Cli stream = stream(database, "it-final", "--runner=FlinkRunner")) {
      Topics.awaitCaughtUp("it-final", "millrace-orders-it-final", stream);
      // The newest order is of 2011-06-30 20:08; a day's lateness leaves the last two days open.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  number(
                          database,
                          "select count(distinct order_date) from gold.revenue_by_region where is_final")
                      > 160);
    }

    assertThat(
        rows(
            database,
            "select distinct order_date from gold.revenue_by_region where not is_final"
                + " order by 1"),
        contains("2011-06-29", "2011-06-30"));
  }

  @Test
  void secondStreamGoesOnWhereTheFirstHasCommittedAndEveryStartPositionIsHeld() {
    Database database = SharedStack.freshDatabase("it_kafka_start");
    Topics.create("it-start", 2);
    Topics.send(
        List.of(
            order("it-start", 0, "A", EIGHT),
            order("it-start", 0, "B", EIGHT.plusSeconds(60)),
            order("it-start", 0, "C", EIGHT.plusSeconds(120))));

    assertThat(idsAfter(database, "--start=2026-05-26T08:01:00Z"), contains("B", "C"));
    assertThat(idsAfter(database, "--start=earliest"), contains("A", "B", "C"));
    assertThat(idsAfter(database, "--start=committed"), is(List.of()));
    assertThat(idsAfter(database, "--start=latest"), is(List.of()));
    assertThat(idsAfter(database, "--start=2030-01-01T00:00:00Z"), is(List.of()));
    Topics.send(List.of(order("it-start", 1, "D", EIGHT.plusSeconds(180))));
    assertThat(idsAfter(database, "--start=committed"), contains("D"));
  }

  @Test
  void everyKindOfJunkBecomesADeadLetterWithItsExactBytesFromTopicAndFileAlike()
      throws IOException {
    Database database = SharedStack.freshDatabase("it_kafka_junk");
    Topics.create("it-junk", 1);
    List<byte[]> junk = junk();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    records.add(order("it-junk", 0, "good-1", EIGHT));
    junk.forEach(each -> records.add(Topics.record("it-junk", 0, EIGHT, null, each)));
    ProducerRecord<byte[], byte[]> withHeaders =
        Topics.record("it-junk", 0, EIGHT, new byte[] {0, (byte) 0xff}, new byte[] {1, 2});
    withHeaders.headers().add("trace", new byte[] {(byte) 0xfe, 0}).add("trace", null);
    records.add(withHeaders);
    records.add(Topics.record("it-junk", 0, EIGHT, null, null));
    records.add(order("it-junk", 0, "good-2", EIGHT));
    Topics.send(records);

    try (Cli stream = stream(database, "it-junk", "--runner=FlinkRunner")) {
      Topics.awaitCaughtUp("it-junk", "millrace-orders-it-junk", stream);
      awaitDeadLetters(database, junk.size() + 2);
    }

    assertThat(
        rows(database, "select order_id from silver.orders_clean order by 1"),
        contains("good-1", "good-2"));
    List<String> payloads =
        rows(
            database, "select encode(payload, 'hex') from ops.dead_letters order by source_offset");
    for (int i = 0; i < junk.size(); i++) {
      assertThat("junk " + i, payloads.get(i), is(HexFormat.of().formatHex(junk.get(i))));
    }
    assertThat(payloads.size(), is(junk.size() + 2));
    assertThat(
        rows(
            database,
            "select encode(key, 'hex'), headers from ops.dead_letters where key is not null"),
        contains(
            "00ff|[{\"name\":\"trace\",\"value\":\"/gA=\"},{\"name\":\"trace\",\"value\":null}]"));
    assertThat(
        rows(database, "select message from ops.dead_letters where payload is null"),
        contains("the record has no value (a tombstone)"));

    assertSameLettersFromAFile(junk);
  }

  private void assertSameLettersFromAFile(List<byte[]> junk) throws IOException {
    Database database = SharedStack.freshDatabase("it_file_junk");
    Path file = directory.resolve("junk.jsonl");
    for (byte[] line : junk) {
      Files.write(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      Files.write(file, new byte[] {'\n'}, StandardOpenOption.APPEND);
    }

    for (String runner : List.of("DirectRunner", "FlinkRunner", "DirectRunner")) {
      Cli.Ended ended =
          Cli.run(
              SharedStack.environment(database),
              "run",
              "orders",
              "--source=files",
              "--input=" + file,
              "--runner=" + runner);
      assertThat(ended.output(), ended.code(), is(0));
    }

    List<String> payloads =
        rows(
            database, "select encode(payload, 'hex') from ops.dead_letters order by source_offset");
    assertThat(payloads.size(), is(junk.size()));
    for (int i = 0; i < junk.size(); i++) {
      assertThat("line " + i, payloads.get(i), is(HexFormat.of().formatHex(junk.get(i))));
    }
    Cli.Ended audit = Cli.run(SharedStack.environment(database), "audit", "orders");
    assertThat(audit.output(), audit.code(), is(0));
    assertThat(audit.output(), containsString("Every closed window balances"));
  }

  /** What no one could process; none has a line feed, so that each is a line of a file, too. */
  private static List<byte[]> junk() {
    String good = OrderJson.order("O-1", "US", "12.50", EIGHT);
    byte[] notUtf8 = good.getBytes(UTF_8);
    notUtf8[20] = (byte) 0xc3;
    List<byte[]> junk = new ArrayList<>();
    junk.add(new byte[0]);
    junk.add(notUtf8);
    junk.add(new byte[] {0, 0, 0});
    for (String text :
        List.of(
            "   ",
            "not json",
            good.substring(0, good.length() / 2),
            "[" + good + "]",
            good + good,
            good.replace("\"O-1\"", "1"),
            good.replace("\"O-1\"", "\"a\\u0000b\""),
            good.replace("\"O-1\"", "\"\\ud800\""),
            good.replace("\"O-1\"", "\"" + "x".repeat(65_536) + "\""),
            good.replace("12.50", "1e999"),
            good.replace("12.50", "1e999999999"),
            good.replace("12.50", "NaN"),
            good.replace("12.50", "\"12.50\""),
            good.replace("12.50", "null"),
            good.replace("2026", "1969"),
            good.replace("2026", "2100"),
            good.replace("T08:00:00Z", ""),
            good.replace("event_id", "id"),
            "{\"a\":".repeat(3_000),
            good.replace("\"US\"", "\"" + "x".repeat(10 << 20) + "\""))) {
      junk.add(text.getBytes(UTF_8));
    }
    return junk;
  }

  @Test
  void streamOnDirectStopsAtCtrlC() {
    Database database = SharedStack.freshDatabase("it_kafka_direct");
    Topics.create("it-direct", 1);
    Topics.send(List.of(order("it-direct", 0, "A", EIGHT)));

    try (Cli stream = stream(database, "it-direct")) {
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> number(database, "select count(*) from silver.orders_clean") == 1);
      assertThat(stream.interrupt().output(), not(containsString("\tat ")));
    }
  }

  /** What a stream that starts there writes, once it has caught up. */
  private static List<String> idsAfter(Database database, String start) {
    execute(database, "truncate silver.orders_clean, gold.revenue_by_region");
    try (Cli stream = stream(database, "it-start", "--runner=FlinkRunner", start)) {
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> stream.output().contains("lag 0 at the last checkpoint"));
    }
    return rows(database, "select order_id from silver.orders_clean order by 1");
  }

  private static void feed(Database database, String topic, String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("feed", "orders", SAMPLES, "--topic=" + topic));
    arguments.addAll(List.of(options));
    Cli.Ended ended = Cli.run(SharedStack.environment(database), arguments.toArray(new String[0]));
    assertThat(ended.output(), ended.code(), is(0));
  }

  private static Cli stream(Database database, String topic, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "orders",
                "--source=kafka",
                "--topic=" + topic,
                "--checkpointingInterval=1s"));
    arguments.addAll(List.of(options));
    return Cli.start(SharedStack.environment(database), arguments.toArray(new String[0]));
  }

  /** They are written when the checkpoint is complete, as its offsets are committed. */
  private static void awaitDeadLetters(Database database, long count) {
    Awaitility.await(count + " dead letters")
        .atMost(Duration.ofMinutes(1))
        .until(() -> number(database, "select count(*) from ops.dead_letters") >= count);
  }

  private static List<String> deadLetters(Database database) {
    return rows(
        database,
        "select source_partition, source_offset, encode(payload, 'hex') from ops.dead_letters"
            + " order by 1, 2");
  }

  /** The records of the topic that are not, byte for byte, lines of the sample. */
  private static List<String> malformedIn(String topic) {
    Set<String> good = new HashSet<>();
    Samples.lines().forEach(line -> good.add(HexFormat.of().formatHex(line.getBytes(UTF_8))));
    List<ConsumerRecord<byte[], byte[]>> malformed = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : Topics.readAll(topic)) {
      if (!good.contains(HexFormat.of().formatHex(record.value()))) {
        malformed.add(record);
      }
    }
    malformed.sort(
        Comparator.comparingInt((ConsumerRecord<byte[], byte[]> r) -> r.partition())
            .thenComparingLong(ConsumerRecord::offset));
    return malformed.stream()
        .map(r -> r.partition() + "|" + r.offset() + "|" + HexFormat.of().formatHex(r.value()))
        .toList();
  }

  private static ProducerRecord<byte[], byte[]> order(
      String topic, int partition, String id, Instant time) {
    String json = OrderJson.order(id, "US", "1.00", time);
    return Topics.record(topic, partition, time, null, json.getBytes(UTF_8));
  }
}
