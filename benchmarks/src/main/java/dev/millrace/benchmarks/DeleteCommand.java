package dev.millrace.benchmarks;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Deletes a topic. */
@Command(
    name = "delete",
    description = "Delete a topic that 'generate' has made: its records never expire.",
    mixinStandardHelpOptions = true)
final class DeleteCommand implements Runnable {
  @Mixin private BrokerOptions brokers;

  @Option(names = "--topic", required = true, description = "The topic.")
  private String topic;

  @Override
  public void run() {
    new BenchmarkTopic(brokers.bootstrapServers(), topic).delete();
  }
}
