package dev.millrace.guide;

import static dev.millrace.runners.support.Tables.assertGoldFollowsSilver;
import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.mapLatamToNull;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.OrderJson;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Tables;
import dev.millrace.runners.support.Topics;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/guides/repair.md, as they stand there, mend what they say. */
class RepairGuideIT {
  private static final Path ROOT = Installation.current().root();
  private static final String TOPIC = "orders";
  private static final String BEFORE = "it_repair_guide_before";
  private static final Instant MAY_3 = Instant.parse("2026-05-03T00:00:00Z");
  private static final List<String> REGIONS = List.of("LATAM", "EMEA");
  private static final int ORDERS_OF_A_DAY = 40;

  @TempDir Path directory;

  private Database database;
  private List<String> right;

  @BeforeAll
  static void fiveDaysOfOrders() {
    Database before = SharedStack.freshDatabase(BEFORE);
    Topics.create(TOPIC, 2);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 5 * ORDERS_OF_A_DAY; i++) {
      Instant time = MAY_3.plus(Duration.ofDays(1).dividedBy(ORDERS_OF_A_DAY).multipliedBy(i));
      records.add(
          Topics.record(TOPIC, i % 2, time, null, order(i, time).getBytes(StandardCharsets.UTF_8)));
    }
    Topics.send(records);
    Cli.Ended run =
        Cli.run(
            SharedStack.environment(before), "run", "orders", "--source=range", "--topic=" + TOPIC);
    assertThat(run.output(), run.code(), is(0));
  }

  @AfterAll
  static void leaveTheNameToOthers() {
    Topics.delete(TOPIC);
  }

  @BeforeEach
  void commandIsThere() throws IOException {
    database = SharedStack.freshDatabase("it_repair_guide", BEFORE);
    right = rows(database, Tables.SILVER_VALUES);
    Path command = Files.createDirectories(directory.resolve("bin")).resolve("millrace");
    Files.writeString(
        command, "#!/bin/sh\nexec '%s' \"$@\"\n".formatted(ROOT.resolve("bin/millrace")));
    assertThat(command.toFile().setExecutable(true), is(true));
  }

  @Test
  void bugThatCorruptedThreeDays() throws Exception {
    mapLatamToNull(database);
    assertThat(rows(database, Tables.SILVER_VALUES), is(not(right)));

    String printed = runAllOf("A bug corrupted three days");

    assertThat(printed, containsString("changed (region in 20)"));
    assertSameRows("silver", rows(database, Tables.SILVER_VALUES), right);
    assertGoldFollowsSilver(database);
  }

  @Test
  void dayThatTheVendorResent() throws Exception {
    int first = ORDERS_OF_A_DAY; // Of 2026-05-04; the vendor resends all but two, and others.
    Path file = Files.createDirectories(directory.resolve("resent")).resolve("2026-05-04.jsonl.gz");
    try (Writer out =
        new OutputStreamWriter(
            new GZIPOutputStream(Files.newOutputStream(file)), StandardCharsets.UTF_8)) {
      for (int i = first + 2; i < first + ORDERS_OF_A_DAY; i++) {
        Instant time = MAY_3.plus(Duration.ofDays(1)).plusSeconds(i);
        out.write(OrderJson.order("O-" + i, "APAC", "3.25", time) + "\n");
      }
    }

    String printed = runAllOf("The vendor resent a day");

    assertThat(printed, containsString("missing"));
    assertThat(
        rows(
            database,
            "select region, amount, count(*) from silver.orders_clean"
                + " where order_date = '2026-05-04' group by 1, 2"),
        is(List.of("APAC|3.25|" + (ORDERS_OF_A_DAY - 2))));
    String others =
        Tables.SILVER_VALUES.replace("order by", "where order_date <> '2026-05-04' order by");
    assertSameRows(
        "other days",
        rows(database, others),
        right.stream().filter(row -> !row.contains("|2026-05-04|")).toList());
    assertGoldFollowsSilver(database);
  }

  @Test
  void columnThatHistoryLacks() throws Exception {
    execute(
        database,
        """
        alter table silver.orders_clean drop column currency;
        alter table silver.orders_clean add column currency text
        """);
    assertThat(rows(database, Tables.SILVER_VALUES), is(not(right)));

    String printed = runAllOf("A column must be added to history");

    assertThat(printed, containsString("changed (currency in " + 5 * ORDERS_OF_A_DAY + ")"));
    assertThat(printed, not(containsString("amount in")));
    assertSameRows("silver", rows(database, Tables.SILVER_VALUES), right);
    assertGoldFollowsSilver(database);
  }

  private static String order(int i, Instant time) {
    return OrderJson.order("O-" + i, REGIONS.get(i % 2), i + ".50", time);
  }

  /** Runs a section's commands, and returns what they printed. */
  private String runAllOf(String title) throws IOException, InterruptedException {
    String guide = Files.readString(ROOT.resolve("docs/guides/repair.md"));
    Matcher section =
        Pattern.compile("\n## " + Pattern.quote(title) + "\n(.*?)(?=\n## |\\z)", Pattern.DOTALL)
            .matcher(guide);
    assertThat(title, section.find(), is(true));
    List<String> commands =
        section
            .group(1)
            .lines()
            .filter(line -> line.startsWith("    bin/millrace "))
            .map(String::strip)
            .toList();
    assertThat(title, commands.size() > 2, is(true));
    StringBuilder printed = new StringBuilder();
    for (String command : commands) {
      printed.append("$ ").append(command).append('\n').append(run(command));
    }
    return printed.toString();
  }

  private String run(String command) throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "command", ".out");
    ProcessBuilder shell = new ProcessBuilder("bash", "-c", command);
    Map<String, String> environment = new HashMap<>(SharedStack.environment(database));
    shell.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    shell.environment().putAll(environment);
    shell.directory(directory.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
    Process process = shell.start();
    assertThat(command, process.waitFor(5, TimeUnit.MINUTES), is(true));
    String printed = Files.readString(output);
    assertThat(command + "\n" + printed, process.exitValue(), is(0));
    return printed;
  }
}
