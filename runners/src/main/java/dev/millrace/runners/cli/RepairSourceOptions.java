package dev.millrace.runners.cli;

import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.runners.repair.ArchivedTopic;
import dev.millrace.runners.repair.LogOrArchive;
import dev.millrace.runners.repair.LoggedTopic;
import dev.millrace.runners.repair.PastSource;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.time.Duration;
import java.util.List;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the records of past days come from. */
final class RepairSourceOptions {

  @Option(
      names = "--source",
      paramLabel = "auto|log|archive|files",
      description =
          "log: what --topic still has. archive: what the archive of --topic has. files: --input."
              + " auto: the log, or the archive where the log's retention has passed.")
  private String source = "auto";

  @Option(
      names = "--input",
      paramLabel = "GLOB",
      description = "files: what to read, JSON lines, plain or .gz. Quote it.")
  private @Nullable String input;

  @Mixin private ArchiveOptions archive;
  @Mixin private TopicOptions topics;
  @Mixin private EventTimeOptions eventTimes;

  /** How records are dated. */
  EventTime eventTime(List<String> mistakes) {
    return eventTimes.eventTime(mistakes);
  }

  /** Adds a mistake for each option that says where records are: {@code what} needs none. */
  void refuse(String what, List<String> mistakes) {
    if (input != null) {
      mistakes.add("--input has no meaning with " + what);
    }
    if (!source.equals("auto")) {
      mistakes.add("--source has no meaning with " + what);
    }
    topics.refuse(what, mistakes);
  }

  /** The chosen source; null if there is a mistake, which is added. */
  @Nullable PastSource source(
      RepairedPipeline pipeline, AdmissionRule rule, EventTime eventTime, List<String> mistakes) {
    return switch (source) {
      case "files" -> {
        topics.refuse("--source=files", mistakes);
        Source files = SourceOptions.files(input, eventTime, mistakes);
        yield files == null ? null : new OfFiles(files);
      }
      case "auto", "log", "archive" -> {
        if (input != null) {
          mistakes.add("--input has a meaning with --source=files only");
        }
        Duration before = pipeline.reach().plus(eventTimes.futureTolerance());
        Duration after = pipeline.reach().plus(lateness(rule));
        if (source.equals("archive")) {
          if (topics.name() == null) {
            mistakes.add("--source=archive needs --topic");
          }
          yield new ArchivedTopic(
              archive.root(), String.valueOf(topics.name()), eventTime, before, after);
        }
        KafkaTopic topic = topics.required("--source=" + source, pipeline.name(), mistakes);
        if (topic == null) {
          yield null;
        }
        LoggedTopic log = new LoggedTopic(topic, eventTime, before, after);
        yield source.equals("log")
            ? log
            : new LogOrArchive(
                log,
                new ArchivedTopic(archive.root(), topic.name(), eventTime, before, after),
                System.out::println);
      }
      default -> {
        mistakes.add("--source=" + source + " is none: it is auto, log, archive or files");
        yield null;
      }
    };
  }

  /** How long after a day its events may come without being late. */
  private static Duration lateness(AdmissionRule rule) {
    return Duration.ofMillis(rule.allowedLateness().getMillis() + rule.window().getMillis());
  }

  private record OfFiles(Source files) implements PastSource {
    @Override
    public Extent extent(TimeRange range) {
      return new Extent(files.subject(), null, null);
    }

    @Override
    public PTransform<PBegin, PCollection<Batch<RawRecord>>> open(TimeRange range) {
      return files.open().get();
    }

    @Override
    public @Nullable String lacks(TimeRange range) {
      return null; // They are there, or the command has refused them.
    }

    @Override
    public boolean isLog() {
      return false;
    }
  }
}
