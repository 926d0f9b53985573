package dev.millrace.runners.local;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.runners.support.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The local stack's life, as a user leads it. */
class LocalStackIT {
  private static final Path HOME = Installation.current().root().resolve("runners/target/it-life");
  private static final Map<String, String> ENVIRONMENT =
      Map.of("MILLRACE_HOME", HOME.toString(), "MILLRACE_NO_BUILD", "1");

  @AfterEach
  void leaveNothing() {
    millrace("down", "--purge");
  }

  @Test
  void dataSurviveDownAndUpAndNothingSurvivesAPurge() throws IOException {
    assertThat(millrace("status").code(), is(1));
    assertThat(millrace("down").code(), is(0));

    Cli.Ended up = millrace("up");
    assertThat(up.output(), up.code(), is(0));
    String addresses = Files.readString(HOME.resolve("local.env"));
    for (String name :
        List.of(
            "MILLRACE_BOOTSTRAP_SERVERS=127.0.0.1:",
            "MILLRACE_JDBC_URL=jdbc:postgresql://127.0.0.1:",
            "MILLRACE_JDBC_USER=",
            "MILLRACE_JDBC_PASSWORD=",
            "MILLRACE_FLINK_MASTER=127.0.0.1:")) {
      assertThat(addresses, containsString(name));
    }
    assertThat(up.output(), not(containsString(password(addresses))));

    Cli.Ended again = millrace("up");
    assertThat(again.output(), again.code(), is(0));
    assertThat(again.output(), containsString("PostgreSQL runs already"));
    assertThat(millrace("status").code(), is(0));
    millrace("sql", "create table kept as select 42 as answer");

    assertThat(millrace("down").code(), is(0));
    assertThat(processesBelow(HOME), is(empty()));
    assertThat(millrace("up").code(), is(0));

    assertThat(Files.readString(HOME.resolve("local.env")), is(addresses));
    assertThat(millrace("sql", "--csv", "select answer from kept").output(), is("answer\n42\n"));
    assertThat(millrace("down", "--purge").code(), is(0));
    assertThat(Files.exists(HOME), is(false));
    assertThat(processesBelow(HOME), is(empty()));
  }

  private static String password(String addresses) {
    return addresses.replaceAll("(?s).*MILLRACE_JDBC_PASSWORD=(\\w+).*", "$1");
  }

  private static List<String> processesBelow(Path home) {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .filter(command -> command.contains(home.toString()))
        .toList();
  }

  private static Cli.Ended millrace(String... arguments) {
    return Cli.run(ENVIRONMENT, arguments);
  }
}
