package dev.millrace.runners.cli;

import dev.millrace.runners.local.Environment;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.local.LocalStack;
import java.nio.file.Path;
import java.util.Map;

/** The local stack of this checkout, or of {@code MILLRACE_HOME}. */
final class Stacks {
  private Stacks() {}

  static LocalStack current() {
    return new LocalStack(Installation.current(), home());
  }

  /** Its directory. */
  static Path home() {
    String home = System.getenv(Environment.HOME);
    return home == null || home.isBlank()
        ? Installation.current().root().resolve(".millrace")
        : Path.of(home).toAbsolutePath();
  }

  /** Its addresses; none if it was never started. */
  static Map<String, String> addresses() {
    return current().environment().orElse(Map.of());
  }
}
