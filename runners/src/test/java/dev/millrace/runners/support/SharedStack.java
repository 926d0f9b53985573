package dev.millrace.runners.support;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.Migrations;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.local.LocalStack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One local stack for all integration tests of a JVM, gone with it. */
public final class SharedStack {
  private static final int LOG_LINES = 40;

  /** Most commands end before the second compiler would have paid for itself. */
  private static final String JAVA_OPTS = "-Xmx1g -XX:TieredStopAtLevel=1";

  private static final String MIGRATED = "it_migrated";

  private static LocalStack stack;

  private SharedStack() {}

  /** The running stack. */
  public static synchronized LocalStack get() {
    if (stack == null) {
      Path home = Installation.current().root().resolve("runners/target/it-stack");
      LocalStack started = new LocalStack(Installation.current(), home);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> started.purge(line -> {})));
      started.start(LocalStack.WantedPorts.any(), line -> {});
      Migrations.apply(started.postgres().freshDatabase(MIGRATED));
      stack = started;
      archiveClasses();
    }
    return stack;
  }

  /**
   * Lets commands start from an archive of the classes that one of them has loaded: a third faster.
   * A JVM to which it doesn't fit passes it over.
   */
  private static void archiveClasses() {
    try {
      Path order = Files.createTempFile("order", ".jsonl");
      Files.writeString(order, OrderJson.order("O-1", "EMEA", "1", Instant.EPOCH));
      Map<String, String> environment = new HashMap<>(environment(freshDatabase("it_classes")));
      environment.put("MILLRACE_JAVA_OPTS", JAVA_OPTS + " -XX:ArchiveClassesAtExit=" + classes());
      Cli.Ended ended =
          Cli.run(
              environment,
              "run",
              "orders",
              "--source=files",
              "--input=" + order,
              "--runner=FlinkRunner");
      if (ended.code() != 0) {
        throw new IllegalStateException(ended.output());
      }
      Files.delete(order);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path classes() {
    return get().home().resolve("classes.jsa");
  }

  /** An empty database with our tables; one of that name before is gone. */
  public static Database freshDatabase(String name) {
    return freshDatabase(name, MIGRATED);
  }

  /** A copy of a database to which nobody is connected; one of that name before is gone. */
  public static Database freshDatabase(String name, String template) {
    return get().postgres().freshDatabase(name, template);
  }

  /** The ends of the servers' logs, for the message of a test that waited in vain. */
  public static String logs() {
    try (Stream<Path> logs = Files.list(get().home().resolve("logs"))) {
      StringBuilder ends = new StringBuilder("the servers say:");
      for (Path log : logs.sorted().toList()) {
        List<String> lines = Files.readAllLines(log);
        ends.append("\n== ").append(log.getFileName()).append('\n');
        ends.append(
            String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size())));
      }
      return ends.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The environment in which the command finds the stack, and this database. */
  public static Map<String, String> environment(Database database) {
    Map<String, String> environment = new HashMap<>();
    environment.put("MILLRACE_HOME", get().home().toString());
    environment.put("MILLRACE_NO_BUILD", "1");
    environment.put("MILLRACE_JAVA_OPTS", JAVA_OPTS + " -XX:SharedArchiveFile=" + classes());
    environment.put("MILLRACE_JDBC_URL", database.url());
    environment.put("MILLRACE_JDBC_USER", database.user());
    environment.put("MILLRACE_JDBC_PASSWORD", database.password());
    return environment;
  }
}
