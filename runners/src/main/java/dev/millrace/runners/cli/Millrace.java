package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.KeptRecords;
import dev.millrace.runners.local.LocalStackException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/** The command's entry: exit code 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "millrace",
    description = "Pipelines written once, for the live stream and the backfill alike.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "And 'bench' compares the pipelines with the same work written in other ways; it is built when"
          + " it is first called."
    },
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      StatusCommand.class,
      DownCommand.class,
      RunCommand.class,
      BackfillCommand.class,
      CompareCommand.class,
      SwapCommand.class,
      DiscardCommand.class,
      RollbackCommand.class,
      ReconcileCommand.class,
      DailyCommand.class,
      PlanCommand.class,
      StopCommand.class,
      FeedCommand.class,
      GenerateCommand.class,
      LatenessCommand.class,
      AuditCommand.class,
      CertifyCommand.class,
      SqlCommand.class,
      MigrateCommand.class
    })
public final class Millrace implements Runnable {

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of an error.")
  private boolean verbose;

  @CommandLine.Spec private CommandSpec spec;

  private Millrace() {}

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    int code = execute(args);
    System.out.flush();
    // Flink and Beam may leave threads behind that are no daemons.
    System.exit(code);
  }

  /** Runs the command line and returns its exit code. */
  static int execute(String... args) {
    Millrace millrace = new Millrace();
    CommandLine command =
        new CommandLine(millrace)
            .addSubcommand("dead-letters", KeptCommand.of(KeptRecords.DEAD_LETTERS))
            .addSubcommand("late-records", KeptCommand.of(KeptRecords.LATE_RECORDS));
    forAll(command, each -> each.getCommandSpec().parser().collectErrors(true));
    command.setExecutionStrategy(Millrace::runIfUnderstood);
    command.setExecutionExceptionHandler((e, cmd, parsed) -> millrace.report(e, cmd));
    command.setParameterExceptionHandler((e, parsed) -> usage(e.getCommandLine(), List.of(e)));
    return command.execute(args);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static int runIfUnderstood(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    List<Exception> mistakes = new ArrayList<>();
    CommandLine last = parsed.commandSpec().commandLine();
    for (ParseResult each = parsed; each != null; each = each.subcommand()) {
      mistakes.addAll(each.errors());
      last = each.commandSpec().commandLine();
    }
    if (!mistakes.isEmpty() && !(last.getCommand() instanceof TellsAllMistakes)) {
      return usage(last, mistakes);
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static int usage(CommandLine command, List<? extends Exception> mistakes) {
    return usageLines(command, mistakes.stream().map(Exception::getMessage).toList());
  }

  private static int usageLines(CommandLine command, List<String> mistakes) {
    PrintWriter err = command.getErr();
    mistakes.forEach(each -> err.println("millrace: " + each));
    err.println(
        "Try '" + command.getCommandSpec().qualifiedName(" ") + " --help' for what it takes.");
    return ExitCode.USAGE;
  }

  private int report(Exception e, CommandLine command) {
    PrintWriter err = command.getErr();
    if (verbose) {
      e.printStackTrace(err);
    }
    if (e instanceof UsageException usage) {
      return usageLines(command, usage.mistakes());
    }
    if (e instanceof ParameterException) {
      return usage(command, List.of(e));
    }
    if (e instanceof FailedException failed) {
      failed.reasons().forEach(each -> err.println("millrace: " + each));
    } else if (e.getCause() instanceof ConfigException badConfig) {
      err.println("millrace: Kafka: " + badConfig.getMessage());
    } else if (e instanceof LocalStackException || e instanceof KafkaException) {
      err.println("millrace: " + e.getMessage());
    } else {
      err.println("millrace: " + Causes.describe(e));
    }
    if (!verbose) {
      err.println("(--verbose shows where it happened)");
    }
    return ExitCode.SOFTWARE;
  }

  private static void forAll(CommandLine command, Consumer<CommandLine> action) {
    action.accept(command);
    command.getSubcommands().values().forEach(each -> forAll(each, action));
  }
}
