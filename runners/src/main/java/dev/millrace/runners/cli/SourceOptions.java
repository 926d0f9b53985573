package dev.millrace.runners.cli;

import dev.millrace.io.files.FileRecords;
import dev.millrace.io.kafka.GroupLag;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.LogPosition;
import dev.millrace.transforms.time.EventTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.kafka.common.KafkaException;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where records come from, and what their time is. */
final class SourceOptions {
  private static final Duration DEFAULT_IDLE_AFTER = Duration.ofMinutes(1);

  @Option(
      names = "--source",
      paramLabel = "kafka|range|files",
      description =
          "kafka: a topic, live. range: what a topic holds between two positions; it ends. files: a"
              + " backfill, which ends.")
  private @Nullable String source;

  @Option(
      names = "--input",
      paramLabel = "GLOB",
      description = "files: what to read, JSON lines, plain or .gz. Quote it.")
  private @Nullable String input;

  @Option(
      names = "--start",
      paramLabel = "POSITION",
      description =
          "kafka: committed (where the group stopped; at first, the topic's start), earliest,"
              + " latest, a time like 2026-05-26T08:00:00Z (the first record of that Kafka"
              + " timestamp or later), or offsets by partition like 0:42,1:17. Default: committed.")
  private @Nullable String start;

  @Option(
      names = "--from",
      paramLabel = "POSITION",
      description = "range: its first record, a position as above. Default: earliest.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "POSITION",
      description = "range: the first record that is no more in it. Default: latest.")
  private @Nullable String to;

  @Option(
      names = "--outOfOrderness",
      converter = DurationConverter.class,
      description =
          "kafka: how far the watermark stays behind the newest event time of a partition."
              + " Default: 1m, or what the pipeline's help says.")
  private @Nullable Duration outOfOrderness;

  @Option(
      names = "--idleAfter",
      converter = DurationConverter.class,
      description =
          "kafka: how long a partition is silent before it holds the watermark no more. Default: 1m.")
  private @Nullable Duration idleAfter;

  @Mixin private TopicOptions topics;
  @Mixin private EventTimeOptions eventTimes;

  /** Whether the source never ends. */
  boolean isLive() {
    return "kafka".equals(source);
  }

  /** The topic's name; null if none is given. */
  @Nullable String topicName() {
    return topics.name();
  }

  /** How records are dated. */
  EventTime eventTime(List<String> mistakes) {
    return eventTimes.eventTime(mistakes);
  }

  /**
   * The chosen source; null if there is a mistake, which is added.
   *
   * @param rule how records are dated
   * @param defaultOutOfOrderness the pipeline's
   * @param countsAnew whether results must not begin in the middle of a topic unawares
   */
  @Nullable Source source(
      String pipeline,
      EventTime rule,
      Duration defaultOutOfOrderness,
      boolean countsAnew,
      List<String> mistakes) {
    if (source == null) {
      mistakes.add(
          "no source: give --source=files with --input, or --source=kafka or --source=range with"
              + " --topic");
      return null;
    }
    return switch (source) {
      case "files" -> files(rule, mistakes);
      case "kafka" -> live(pipeline, rule, defaultOutOfOrderness, countsAnew, mistakes);
      case "range" -> range(pipeline, rule, mistakes);
      default -> {
        mistakes.add("--source=" + source + " is none: it is kafka, range or files");
        yield null;
      }
    };
  }

  private @Nullable Source files(EventTime rule, List<String> mistakes) {
    int before = mistakes.size();
    topics.refuse("--source=files", mistakes);
    refuse(start, "--start", "files", mistakes);
    refuse(from, "--from", "files", mistakes);
    refuse(to, "--to", "files", mistakes);
    refuse(outOfOrderness, "--outOfOrderness", "files", mistakes);
    refuse(idleAfter, "--idleAfter", "files", mistakes);
    Source files = files(input, rule, mistakes);
    return before < mistakes.size() ? null : files;
  }

  /** The files of {@code --input}; null if there is a mistake, which is added. */
  static @Nullable Source files(@Nullable String input, EventTime rule, List<String> mistakes) {
    int before = mistakes.size();
    if (input == null) {
      mistakes.add("--source=files needs --input=GLOB");
      return null;
    }
    String glob = absolute(input);
    int found = 0;
    try {
      List<MatchResult.Metadata> matches =
          FileSystems.match(glob, EmptyMatchTreatment.DISALLOW).metadata();
      for (MatchResult.Metadata match : matches) {
        found++;
        Path path = Path.of(match.resourceId().toString());
        if (!Files.isReadable(path)) {
          mistakes.add("--input: " + path + " can't be read: look at its permissions");
        }
      }
    } catch (FileNotFoundException e) {
      mistakes.add("--input=" + input + " matches no file");
    } catch (IOException | RuntimeException e) {
      mistakes.add("--input=" + input + " can't be read: " + Causes.describe(e));
    }
    return before < mistakes.size()
        ? null
        : new Source(
            () -> FileRecords.read(glob, rule),
            false,
            "files " + glob,
            found + (found == 1 ? " file, " : " files, ") + input,
            () -> "");
  }

  /** A cluster's workers start elsewhere than the user. */
  static String absolute(String glob) {
    boolean hasScheme = glob.matches("[a-zA-Z][a-zA-Z0-9+.-]*://.*");
    return hasScheme || glob.startsWith("/") ? glob : Path.of("").toAbsolutePath() + "/" + glob;
  }

  private @Nullable Source live(
      String pipeline,
      EventTime rule,
      Duration defaultOutOfOrderness,
      boolean countsAnew,
      List<String> mistakes) {
    int before = mistakes.size();
    refuse(from, "--from", "kafka", mistakes);
    refuse(to, "--to", "kafka", mistakes);
    LogPosition position = position("--start", start, LogPosition.committed(), mistakes);
    KafkaTopic kafka = topic(pipeline, mistakes);
    if (before < mistakes.size()) {
      return null;
    }
    Duration lag = outOfOrderness == null ? defaultOutOfOrderness : outOfOrderness;
    Duration silence = idleAfter == null ? DEFAULT_IDLE_AFTER : idleAfter;
    return new Source(
        () -> {
          if (countsAnew) {
            refuseHalfResults(kafka, position);
          }
          position.place(kafka);
          return KafkaRecords.live(kafka, rule)
              .withOutOfOrderness(org.joda.time.Duration.millis(lag.toMillis()))
              .withIdleAfter(org.joda.time.Duration.millis(silence.toMillis()));
        },
        true,
        "topic " + kafka.name() + ", group " + kafka.group(),
        TopicOptions.describe(kafka) + ", group " + kafka.group() + ", start " + position,
        () -> lag(kafka));
  }

  /** A stream without its state would write over what its group has counted before. */
  private void refuseHalfResults(KafkaTopic kafka, LogPosition position) {
    if (start == null) {
      try (GroupLag lag = new GroupLag(kafka)) {
        if (!lag.isNew()) {
          throw new UsageException(
              List.of(
                  "group "
                      + kafka.group()
                      + " has read topic "
                      + kafka.name()
                      + " before, and what it has counted is not there: give its --savepointPath to"
                      + " go on, --start=earliest to count everything again, or another --start,"
                      + " and windows that began before it get only what comes after it"));
        }
      }
    } else if (!start.equals("earliest")) {
      System.out.println("Windows that began before " + position + " get only what comes after it");
    }
  }

  private @Nullable Source range(String pipeline, EventTime rule, List<String> mistakes) {
    int before = mistakes.size();
    refuse(start, "--start", "range", mistakes);
    refuse(outOfOrderness, "--outOfOrderness", "range", mistakes);
    refuse(idleAfter, "--idleAfter", "range", mistakes);
    LogPosition first = position("--from", from, LogPosition.earliest(), mistakes);
    LogPosition end = position("--to", to, LogPosition.latest(), mistakes);
    KafkaTopic kafka = topic(pipeline, mistakes);
    if (before < mistakes.size()) {
      return null;
    }
    return new Source(
        () -> {
          KafkaRecords.Range range = KafkaRecords.range(kafka, rule, first, end);
          System.out.println(
              range.offsets() == 0
                  ? "There is nothing in topic " + kafka.name() + " from " + first + " to " + end
                  : "The range has %,d offsets".formatted(range.offsets()));
          return range;
        },
        false,
        "topic " + kafka.name() + ", from " + first + " to " + end,
        TopicOptions.describe(kafka) + ", from " + first + " to " + end,
        () -> "");
  }

  private @Nullable KafkaTopic topic(String pipeline, List<String> mistakes) {
    refuse(input, "--input", String.valueOf(source), mistakes);
    return topics.required("--source=" + source, pipeline, mistakes);
  }

  /** A topic at the given brokers; null if there is a mistake, which is added. */
  @Nullable KafkaTopic topic(String name, String pipeline, List<String> mistakes) {
    return topics.topic(name, pipeline, mistakes);
  }

  private static String lag(KafkaTopic topic) {
    try (GroupLag lag = new GroupLag(topic)) {
      return "lag %,d at the last checkpoint".formatted(lag.records());
    } catch (KafkaException e) {
      return "lag unknown";
    }
  }

  private static LogPosition position(
      String option, @Nullable String text, LogPosition otherwise, List<String> mistakes) {
    if (text == null) {
      return otherwise;
    }
    try {
      return LogPosition.parse(text);
    } catch (IllegalArgumentException e) {
      mistakes.add(option + "=" + e.getMessage());
      return otherwise;
    }
  }

  private static void refuse(
      @Nullable Object value, String option, String source, List<String> mistakes) {
    if (value != null) {
      mistakes.add(option + " has no meaning with --source=" + source);
    }
  }
}
