package dev.millrace.runners.orders;

import static dev.millrace.runners.support.Tables.assertGoldFollowsSilver;
import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.OrderJson;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 300 orders and 1,000 corrections of them, in random order: silver and gold are as expected. */
class CorrectionsIT {
  private static final long SEED = 20_260_526;
  private static final Instant START = Instant.parse("2026-05-01T00:00:00Z");
  private static final String VALUES =
      "select order_id, region, amount, event_time from silver.orders_clean order by order_id";

  /** A version of an order. */
  private record Version(String id, String region, BigDecimal amount, Instant time) {
    String json() {
      return OrderJson.order(id, region, amount.toPlainString(), time);
    }

    String row() {
      String text = time.toString().replace("T", " ").replace("Z", "+00");
      return id + "|" + region + "|" + amount.setScale(Math.max(2, shortest())) + "|" + text;
    }

    private int shortest() {
      return amount.stripTrailingZeros().scale();
    }
  }

  @TempDir static Path directory;
  private static final List<Version> VERSIONS = versions();

  @BeforeAll
  static void writeFiles() throws IOException {
    for (int file = 0; file < 4; file++) {
      List<String> lines = new ArrayList<>();
      for (int i = file; i < VERSIONS.size(); i += 4) {
        lines.add(VERSIONS.get(i).json());
      }
      Files.write(directory.resolve("orders-" + file + ".jsonl"), lines);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DirectRunner", "FlinkRunner"})
  void batch(String runner) {
    Database database = SharedStack.freshDatabase("it_corrections_batch");

    Cli.Ended ended =
        Cli.run(
            SharedStack.environment(database),
            "run",
            "orders",
            "--source=files",
            "--input=" + directory + "/*.jsonl",
            "--runner=" + runner);

    assertThat(ended.output(), ended.code(), is(0));
    assertExpected(database);
  }

  @ParameterizedTest
  @ValueSource(strings = {"DirectRunner", "FlinkRunner"})
  void stream(String runner) {
    Database database = SharedStack.freshDatabase("it_corrections_stream");
    String topic = "it-corrections-" + runner;
    Topics.create(topic, 3);
    Random random = new Random(SEED);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Version version : VERSIONS) {
      // Versions of an order lie in several partitions: no order of theirs is kept.
      byte[] value = version.json().getBytes(UTF_8);
      records.add(Topics.record(topic, random.nextInt(3), version.time(), null, value));
    }
    Topics.send(records);

    try (Cli stream =
        Cli.start(
            SharedStack.environment(database),
            "run",
            "orders",
            "--source=kafka",
            "--topic=" + topic,
            "--checkpointingInterval=1s",
            "--runner=" + runner)) {
      if (runner.equals("FlinkRunner")) {
        Topics.awaitCaughtUp(topic, "millrace-orders-" + topic, stream);
      } else {
        // DirectRunner commits the offsets of a read when the next one has brought something.
        Awaitility.await("everything is written")
            .atMost(Duration.ofMinutes(2))
            .until(() -> stream.output().contains("written 1,300"));
      }
    }

    assertExpected(database);
  }

  @Test
  void theInputIsWhatTheNameSays() {
    assertThat(VERSIONS.size(), is(1_300));
    assertThat(expected().size(), is(300));
  }

  private static void assertExpected(Database database) {
    assertSameRows(
        "silver",
        rows(database, VALUES).stream().map(CorrectionsIT::withoutTrailingZeros).toList(),
        expected().values().stream().map(version -> withoutTrailingZeros(version.row())).toList());
    assertGoldFollowsSilver(database);
  }

  /** The newest version of each order, worked out without any of the pipeline's code. */
  private static Map<String, Version> expected() {
    Map<String, Version> newest = new TreeMap<>();
    for (Version version : VERSIONS) {
      newest.merge(version.id(), version, (a, b) -> a.time().isAfter(b.time()) ? a : b);
    }
    return newest;
  }

  private static List<Version> versions() {
    Random random = new Random(SEED);
    List<Version> versions = new ArrayList<>();
    for (int i = 0; i < 1_300; i++) {
      int order = i < 300 ? i : random.nextInt(300);
      versions.add(
          new Version(
              "O-%03d".formatted(order),
              "R" + random.nextInt(6),
              new BigDecimal(random.nextDouble() * 1_000 - 200)
                  .setScale(random.nextInt(5), RoundingMode.HALF_UP),
              // No two alike, so that the event time alone decides.
              START.plus(Duration.ofSeconds(random.nextInt(10 * 86_400))).plusMillis(i)));
    }
    Collections.shuffle(versions, random);
    return versions;
  }

  /** The database and Java print the fractions of seconds differently. */
  private static String withoutTrailingZeros(String row) {
    return row.replaceAll("(:\\d\\d)\\.(\\d*?)0+\\+00$", "$1.$2+00").replace(".+00", "+00");
  }
}
