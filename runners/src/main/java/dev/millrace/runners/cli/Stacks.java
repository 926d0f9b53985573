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
    Installation installation = Installation.current();
    String home = System.getenv(Environment.HOME);
    return new LocalStack(
        installation,
        home == null || home.isBlank() ? installation.root().resolve(".millrace") : Path.of(home));
  }

  /** Its addresses; none if it was never started. */
  static Map<String, String> addresses() {
    return current().environment().orElse(Map.of());
  }
}
