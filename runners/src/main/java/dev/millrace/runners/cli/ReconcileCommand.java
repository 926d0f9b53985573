package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.KeptRecords;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.runners.repair.Replay;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Merges late records. */
@Command(
    name = "reconcile",
    description =
        "Merge what came too late into the tables, and mark its rows final. A second time changes "
            + "nothing.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "traffic makes the windows anew that the records belong to: from --topic, or --source=files.",
      "Any other option of the runner is passed on.",
    })
final class ReconcileCommand implements Callable<Integer>, TellsAllMistakes {

  @Parameters(paramLabel = "PIPELINE", description = "orders or traffic.")
  private @Nullable String pipeline;

  @Option(
      names = "--date",
      paramLabel = "DAY",
      converter = DayConverter.class,
      description = "What happened on this day, UTC. Default: all days with late records.")
  private @Nullable LocalDate date;

  @Mixin private RepairOptions repair;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsing(spec));
    RepairedPipeline repaired = Repairs.pipeline(pipeline, mistakes);
    RepairOptions.Prepared prepared = repair.prepareForKept(repaired, spec, mistakes);
    Replay replay =
        new Replay(
            new Replay.Wish(
                repaired,
                prepared.database(),
                KeptRecords.LATE_RECORDS,
                new KeptRecords.Filter(
                    repaired.name(), date, date, null, null, null, List.of("open")),
                prepared.eventTime(),
                prepared.rule(),
                null,
                1,
                false,
                Version.current(),
                repair.who(),
                repair.reason()),
            prepared.log(),
            prepared.runner());
    return Repairs.report(replay, ReconcileCommand::print);
  }

  private static int print(Replay.Outcome outcome) {
    System.out.println("%,d late records merged".formatted(outcome.done()));
    return 0;
  }
}
