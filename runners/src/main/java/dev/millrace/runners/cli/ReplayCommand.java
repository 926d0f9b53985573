package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.KeptRecords;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.runners.repair.Replay;
import dev.millrace.transforms.admission.AdmitOnce;
import dev.millrace.transforms.deadletter.RecordFix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tries dead letters once more. */
@Command(
    name = "replay",
    description =
        "Send dead letters through their pipeline once more, with their original bytes or a fix. What "
            + "succeeds is marked replayed; what fails has its attempt raised, and is parked at the cap.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "traffic makes the windows anew that the records belong to: from --topic, or --source=files.",
      "Conflicting ids are replayed only if --class=conflicting_id asks for them.",
      "Any other option of the runner is passed on.",
    })
final class ReplayCommand implements Callable<Integer>, TellsAllMistakes {

  @Option(names = "--dry-run", description = "Only tell what would come of it.")
  private boolean dryRun;

  @Option(
      names = "--max-attempts",
      paramLabel = "N",
      description = "A letter that has failed so often, at first and in replays, is parked.")
  private int maxAttempts = 3;

  @Option(names = "--parked", description = "Try parked ones, too.")
  private boolean parked;

  @Option(
      names = "--again",
      description =
          "Try replayed ones, too: after a pipeline with windows has read everything anew.")
  private boolean again;

  @Option(
      names = "--set",
      paramLabel = "FIELD=VALUE",
      description = "Set a field of each payload, to JSON or a text. May be given several times.")
  private Map<String, String> set = new LinkedHashMap<>();

  @Option(
      names = "--patch",
      paramLabel = "FILE",
      description = "Change each payload by a JSON merge patch (RFC 7396).")
  private @Nullable Path patch;

  @Mixin private KeptOptions options;
  @Mixin private RepairOptions repair;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsing(spec));
    RepairedPipeline repaired = options.pipeline(mistakes);
    List<String> states = new ArrayList<>(List.of("open"));
    if (parked) {
      states.add("parked");
    }
    if (again) {
      states.add("replayed");
    }
    KeptRecords.Filter filter =
        options.filter(KeptRecords.DEAD_LETTERS, states, AdmitOnce.CONFLICTING, mistakes);
    if (maxAttempts < 1) {
      mistakes.add("--max-attempts=" + maxAttempts + " is none: it is 1 or more");
    }
    RecordFix fix = fix(mistakes);
    if (fix != null && repair.reason() == null) {
      mistakes.add(
          "a fix needs a --reason: who looks at the record later must know why it was changed");
    }
    RepairOptions.Prepared prepared = repair.prepareForKept(repaired, spec, mistakes);
    Replay replay =
        new Replay(
            new Replay.Wish(
                repaired,
                prepared.database(),
                KeptRecords.DEAD_LETTERS,
                filter,
                prepared.eventTime(),
                prepared.rule(),
                fix,
                maxAttempts,
                dryRun,
                Version.current(),
                repair.who(),
                repair.reason()),
            prepared.log(),
            prepared.runner());
    return Repairs.report(replay, this::print);
  }

  private @Nullable RecordFix fix(List<String> mistakes) {
    if (!set.isEmpty() && patch != null) {
      mistakes.add("--set and --patch: choose one");
    }
    try {
      if (patch != null) {
        return RecordFix.of(Files.readString(patch));
      }
      return set.isEmpty() ? null : RecordFix.setting(set);
    } catch (IOException e) {
      mistakes.add("--patch=" + patch + " can't be read");
    } catch (IllegalArgumentException e) {
      mistakes.add("--patch=" + patch + ": " + e.getMessage());
    }
    return null;
  }

  private int print(Replay.Outcome outcome) {
    if (dryRun) {
      System.out.println(
          "%,d would be replayed, %,d would fail; nothing is changed"
              .formatted(outcome.done(), outcome.failed()));
      outcome
          .failures()
          .forEach((why, count) -> System.out.println("  %,d  %s".formatted(count, why)));
      return 0;
    }
    System.out.println(
        "%,d replayed, %,d failed once more, %,d parked"
            .formatted(outcome.done(), outcome.failed(), outcome.parked()));
    return outcome.failed() + outcome.parked() > 0 ? 1 : 0;
  }
}
