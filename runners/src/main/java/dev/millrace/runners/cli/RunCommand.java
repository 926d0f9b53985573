package dev.millrace.runners.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs a pipeline. */
@Command(
    name = "run",
    description = "Run a pipeline, live or as a backfill.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "PIPELINE",
    subcommands = {OrdersCommand.class, TrafficCommand.class, ArchiveCommand.class})
final class RunCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "which pipeline? One of: " + String.join(", ", spec.subcommands().keySet()));
  }
}
