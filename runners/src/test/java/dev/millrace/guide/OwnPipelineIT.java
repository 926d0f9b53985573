package dev.millrace.guide;

import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import dev.millrace.io.jdbc.Balance;
import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.support.SharedStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/guides/own-pipeline.md says works as it is written there. */
class OwnPipelineIT {
  private static final Path ROOT = Installation.current().root();

  @TempDir Path directory;

  @Test
  void guidePrintsTheClassThatIsRunHereAndItHasLessThanEightyLines() throws IOException {
    String code =
        Files.readString(ROOT.resolve("runners/src/test/java/dev/millrace/guide/Readings.java"));

    assertThat(guide(), containsString("```java\n" + code + "```\n"));
    long lines =
        code.substring(code.indexOf("final class")).lines().filter(line -> !line.isBlank()).count();
    assertThat("lines after the imports", lines, is(lessThan(80L)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"DirectRunner", "FlinkRunner"})
  void readingsAreThereOnceWithDeadLettersAndAccounts(String runner)
      throws IOException, InterruptedException, SQLException {
    Database database = SharedStack.freshDatabase("it_guide");
    execute(database, block("sql"));
    Path readings = Files.createDirectories(directory.resolve("readings"));
    Files.writeString(readings.resolve("today.jsonl"), block("json"));

    assertThat(run(database, runner), is(0));
    assertThat(run(database, runner), is(0));

    assertThat(
        rows(database, "select id, celsius, at from silver.readings order by id"),
        contains("r1|21.50|2026-05-26 08:00:00+00", "r2|-3.25|2026-05-26 08:00:10+00"));
    assertThat(
        rows(database, "select error_class, convert_from(payload, 'UTF8') from ops.dead_letters"),
        contains("missing_field|{\"id\":\"r3\",\"at\":\"2026-05-26T08:00:20Z\"}"));
    try (Connection connection = database.connect()) {
      List<Balance> accounts = Balance.of(connection, Readings.NAME, 2);
      assertThat(accounts.size(), is(1));
      Balance hour = accounts.get(0);
      assertThat(
          List.of(hour.read(), hour.written(), hour.duplicate(), hour.deadLetter(), hour.missing()),
          contains(4L, 2L, 1L, 1L, 0L));
      assertThat(hour.closed(), is(true));
    }
  }

  private int run(Database database, String runner) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Installation.ADD_OPENS);
    command.add(Readings.class.getName());
    command.add("--runner=" + runner);
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).inheritIO();
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("DB_URL", database.url());
    builder.environment().put("DB_USER", database.user());
    builder.environment().put("DB_PASSWORD", database.password());
    Process process = builder.start();
    try {
      assertThat("ended", process.waitFor(2, TimeUnit.MINUTES), is(true));
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String guide() throws IOException {
    return Files.readString(ROOT.resolve("docs/guides/own-pipeline.md"));
  }

  /** The guide's only block of a language. */
  private static String block(String language) throws IOException {
    Matcher block =
        Pattern.compile("```" + language + "\n(.*?)```\n", Pattern.DOTALL).matcher(guide());
    assertThat(language, block.find(), is(true));
    return block.group(1);
  }
}
