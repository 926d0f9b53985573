package dev.millrace.runners.cli;

import dev.millrace.io.archive.ArchiveRecords;
import dev.millrace.pipelines.archive.ArchivePipeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs the archive pipeline. */
@Command(
    name = "archive",
    description =
        "A topic into files, exactly as it is: Avro, packed with zstd, by hour of ingestion and "
            + "partition, with a manifest for each hour, and the accounts into ops.ledger.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Records are dated by their own timestamps: --eventTime has no meaning.",
      "Any other option of the runner is passed on.",
    })
final class ArchiveCommand implements Callable<Integer>, TellsAllMistakes {
  @Mixin private ArchiveOptions archive;
  @Mixin private PipelineRun run;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>();
    String root = archive.root();
    String topic = run.topicName();
    if (topic == null) {
      mistakes.add("archive keeps a topic: give --topic, with --source=kafka or --source=range");
    }
    return run.call(
        spec,
        new PipelineRun.Traits(
            ArchivePipeline.NAME, Duration.ofMinutes(1), false, true, ArchivePipeline.tables()),
        mistakes,
        (pipeline, parts) -> {
          System.out.println("Keeping it in " + root + "/" + topic);
          ArchivePipeline.build(
              pipeline,
              parts.records(),
              ArchiveRecords.write(root, topic),
              ArchivePipeline.ledgerIn(parts.database(), parts.run()));
        });
  }
}
