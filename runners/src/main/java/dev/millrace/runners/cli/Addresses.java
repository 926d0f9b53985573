package dev.millrace.runners.cli;

import dev.millrace.runners.local.Environment;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Where the servers are: as given, or by the environment, or those of the local stack. */
final class Addresses {
  private final Map<String, String> local = Stacks.addresses();

  /** The option, or the environment variable, or the local stack's value; null if there is none. */
  @Nullable String find(@Nullable String option, String variable) {
    String given = given(option, variable);
    return given == null ? local.get(variable) : given;
  }

  /** The brokers; null if none are known, with the mistake added. */
  @Nullable String bootstrapServers(@Nullable String option, List<String> mistakes) {
    String servers = find(option, Environment.BOOTSTRAP_SERVERS);
    if (servers == null) {
      mistakes.add(
          "no Kafka: give --bootstrapServers, or set "
              + Environment.BOOTSTRAP_SERVERS
              + ", or start the local stack with 'bin/millrace up'");
    }
    return servers;
  }

  /** The option, or the environment variable; null if there is neither. */
  @Nullable String given(@Nullable String option, String variable) {
    if (option != null) {
      return option;
    }
    String value = System.getenv(variable);
    return value == null || value.isBlank() ? null : value;
  }

  /** For the user: whether an address is the local stack's. */
  static String note(String address) {
    return Stacks.addresses().containsValue(address) ? " (the local stack)" : "";
  }

  /** The addresses of the local stack; empty if there is none. */
  Map<String, String> local() {
    return local;
  }
}
