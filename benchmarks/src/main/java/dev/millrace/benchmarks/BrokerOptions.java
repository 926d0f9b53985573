package dev.millrace.benchmarks;

import picocli.CommandLine.Option;

/** Where Kafka is. */
final class BrokerOptions {
  @Option(
      names = "--bootstrapServers",
      paramLabel = "HOST:PORT",
      required = true,
      defaultValue = "${env:MILLRACE_BOOTSTRAP_SERVERS}",
      description = "The brokers. Default: $$MILLRACE_BOOTSTRAP_SERVERS.")
  private String bootstrapServers;

  String bootstrapServers() {
    return bootstrapServers;
  }
}
