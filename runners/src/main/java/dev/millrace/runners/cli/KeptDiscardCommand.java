package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.KeptRecords;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Gives dead letters or late records up. */
@Command(
    name = "discard",
    description = "Give them up: they stay where they are, and count as settled.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class KeptDiscardCommand implements Runnable, TellsAllMistakes {
  private final KeptRecords kept;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why; kept with them.")
  private @Nullable String reason;

  @Option(
      names = "--who",
      paramLabel = "NAME",
      description = "Who; kept with them. Default: the user and host of this command.")
  private @Nullable String who;

  @Mixin private KeptOptions options;
  @Mixin private DatabaseOptions database;
  @Spec private CommandSpec spec;

  KeptDiscardCommand(KeptRecords kept) {
    this.kept = kept;
  }

  @Override
  public void run() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsingAndUnknown(spec));
    options.pipeline(mistakes);
    KeptRecords.Filter filter = options.filter(kept, List.of("open", "parked"), mistakes);
    Database target = database.database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    try (Connection connection = target.connect()) {
      long discarded = kept.discard(connection, filter, Repairs.who(who), reason);
      System.out.println("%,d discarded".formatted(discarded));
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }
}
