package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Migrations;
import dev.millrace.runners.local.LocalStack;
import java.util.OptionalInt;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts the local stack. */
@Command(
    name = "up",
    description = "Start Kafka, PostgreSQL and a Flink cluster on this machine.",
    mixinStandardHelpOptions = true)
final class UpCommand implements Runnable {

  @Option(names = "--kafka-port", description = "The broker's port. Default: a free one.")
  private @Nullable Integer kafkaPort;

  @Option(names = "--postgres-port", description = "The database's port. Default: a free one.")
  private @Nullable Integer postgresPort;

  @Option(names = "--flink-port", description = "Flink's REST port. Default: a free one.")
  private @Nullable Integer flinkPort;

  @Override
  public void run() {
    LocalStack stack = Stacks.current();
    System.out.println("Starting Kafka, PostgreSQL and Flink in " + stack.home() + " ...");
    stack.start(
        new LocalStack.WantedPorts(
            optional(kafkaPort), optional(postgresPort), optional(flinkPort)),
        System.out::println);
    int migrations = Migrations.apply(stack.postgres().database());
    System.out.println(
        migrations == 0
            ? "The tables are there."
            : "Created the tables (" + migrations + " migrations).");
    System.out.println("Addresses: " + stack.home().resolve("local.env"));
    System.out.println("Flink's pages: http://" + stack.flink().address());
  }

  private static OptionalInt optional(@Nullable Integer port) {
    return port == null ? OptionalInt.empty() : OptionalInt.of(port);
  }
}
