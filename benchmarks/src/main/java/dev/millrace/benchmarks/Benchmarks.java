package dev.millrace.benchmarks;

import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The entry; {@code benchmarks/run} calls it. Exit code 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "benchmarks/run",
    description = "Measures the source and the aggregation.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      GenerateCommand.class,
      CountCommand.class,
      LatencyCommand.class,
      SummaryCommand.class,
      DeleteCommand.class,
      BenchCommand.class,
      JobCommand.class,
      WriterCommand.class,
      LiveCommand.class,
      FilesCommand.class
    })
public final class Benchmarks implements Runnable {
  @Spec private CommandSpec spec;

  private Benchmarks() {}

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    CommandLine command = new CommandLine(new Benchmarks());
    command.registerConverter(Variant.class, known(Variant::parse));
    command.registerConverter(Job.class, known(Job::parse));
    command.registerConverter(Contender.class, known(Contender::parse));
    command.setExecutionExceptionHandler(
        (e, failed, parsed) -> {
          if (e instanceof KafkaException || e instanceof FailedException) {
            System.err.println(e.getMessage());
          } else {
            e.printStackTrace();
          }
          return CommandLine.ExitCode.SOFTWARE;
        });
    int code = command.execute(args);
    System.out.flush();
    // Flink and Beam may leave threads behind that are no daemons.
    System.exit(code);
  }

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  /** A parser whose message is for the user. */
  private static <T> ITypeConverter<T> known(Function<String, T> parser) {
    return text -> {
      try {
        return parser.apply(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
  }

  /** What the user is told without a stack trace. */
  static final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FailedException(String message) {
      super(message);
    }
  }
}
