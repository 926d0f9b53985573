package dev.millrace.runners.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import dev.millrace.runners.local.Installation;
import dev.millrace.runners.support.Cli;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The README's first command. */
class DemoIT {

  @Test
  void demoShowsEverythingAndLeavesNothing() {
    Path home = Installation.current().root().resolve("runners/target/it-demo");

    Cli.Ended demo =
        Cli.run(Map.of("MILLRACE_HOME", home.toString(), "MILLRACE_NO_BUILD", "1"), "demo");

    assertThat(demo.output(), demo.code(), is(0));
    assertThat(demo.output(), containsString("orders  12,795   gold rows  873"));
    assertThat(
        demo.output(), containsString("Rows in which gold differs from the sum over silver: 0"));
    assertThat(demo.output(), containsString("malformed_json"));
    assertThat(demo.output(), containsString("What to try next"));
    assertThat(Files.exists(home.resolve("demo")), is(false));
  }
}
