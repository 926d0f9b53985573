package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.KeptRecords;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The commands for records that didn't reach the tables. */
@Command(mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND")
final class KeptCommand implements Runnable {

  @Spec private CommandSpec spec;

  private KeptCommand() {}

  /** {@code dead-letters} or {@code late-records}. */
  static CommandLine of(KeptRecords kept) {
    boolean letters = kept == KeptRecords.DEAD_LETTERS;
    CommandLine command =
        new CommandLine(new KeptCommand())
            .addSubcommand("list", new KeptListCommand(kept))
            .addSubcommand("show", new KeptShowCommand(kept));
    if (letters) {
      command.addSubcommand("replay", new ReplayCommand());
    }
    command.addSubcommand("discard", new KeptDiscardCommand(kept));
    command
        .getCommandSpec()
        .usageMessage()
        .description(
            letters
                ? "Records that could not be processed: list, show, replay or discard them."
                : "Records that came too late: list, show or discard them; 'reconcile' merges them.");
    return command;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "what? One of: " + String.join(", ", spec.subcommands().keySet()));
  }
}
