package dev.millrace.runners.cli;

import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.LogPosition;
import dev.millrace.io.kafka.LogRetention;
import dev.millrace.runners.repair.PastSource;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.kafka.common.KafkaException;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the records of past days come from. */
final class RepairSourceOptions {

  @Option(
      names = "--source",
      paramLabel = "auto|log|files",
      description = "log: what --topic still has of a day. files: --input. auto: the log.")
  private String source = "auto";

  @Option(
      names = "--input",
      paramLabel = "GLOB",
      description = "files: what to read, JSON lines, plain or .gz. Quote it.")
  private @Nullable String input;

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
      case "auto", "log" -> {
        if (input != null) {
          mistakes.add("--input has a meaning with --source=files only");
        }
        KafkaTopic topic = topics.required("--source=" + source, pipeline.name(), mistakes);
        yield topic == null
            ? null
            : new OfLog(
                topic,
                eventTime,
                pipeline.reach().plus(eventTimes.futureTolerance()),
                pipeline.reach().plus(lateness(rule)));
      }
      default -> {
        mistakes.add("--source=" + source + " is none: it is auto, log or files");
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
    public boolean isLog() {
      return false;
    }
  }

  private record OfLog(KafkaTopic topic, EventTime eventTime, Duration before, Duration after)
      implements PastSource {

    @Override
    public Extent extent(TimeRange range) {
      if (range.equals(TimeRange.ALWAYS)) {
        return new Extent("topic " + topic.name(), null, null);
      }
      TimeRange read = range.widened(before, after);
      return new Extent(
          "topic " + topic.name() + ", from " + read.start() + " to " + read.end(),
          read.start(),
          read.end());
    }

    @Override
    public PTransform<PBegin, PCollection<Batch<RawRecord>>> open(TimeRange range) {
      boolean always = range.equals(TimeRange.ALWAYS);
      TimeRange read = range.widened(before, after);
      Instant since = always ? Instant.EPOCH : read.start();
      List<Integer> without = LogRetention.partitionsWithout(topic, since);
      if (!without.isEmpty()) {
        throw new KafkaException(
            "topic '%s' may have lost records since %s: its retention has deleted the start of partition %s"
                .formatted(
                    topic.name(),
                    always ? "its start" : since.toString(),
                    String.join(", ", without.stream().map(String::valueOf).toList())));
      }
      return always
          ? KafkaRecords.range(topic, eventTime, LogPosition.earliest(), LogPosition.latest())
          : KafkaRecords.range(
              topic, eventTime, LogPosition.timestamp(since), LogPosition.timestamp(read.end()));
    }

    @Override
    public boolean isLog() {
      return true;
    }
  }
}
