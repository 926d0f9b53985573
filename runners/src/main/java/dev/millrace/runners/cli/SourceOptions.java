package dev.millrace.runners.cli;

import dev.millrace.io.files.FileRecords;
import dev.millrace.io.kafka.GroupLag;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.StartPosition;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.kafka.common.KafkaException;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;

/** Where records come from. */
final class SourceOptions {

  @Option(
      names = "--source",
      paramLabel = "kafka|files",
      description = "kafka: a topic, live. files: a backfill, which ends.")
  private @Nullable String source;

  @Option(
      names = "--input",
      paramLabel = "GLOB",
      description = "files: what to read, JSON lines, plain or .gz. Quote it.")
  private @Nullable String input;

  @Option(names = "--topic", description = "kafka: the topic.")
  private @Nullable String topic;

  @Option(
      names = "--bootstrapServers",
      paramLabel = "HOST:PORT",
      description =
          "kafka: the brokers. Default: $MILLRACE_BOOTSTRAP_SERVERS, or the local stack's.")
  private @Nullable String bootstrapServers;

  @Option(
      names = "--group",
      description =
          "kafka: the consumer group whose committed offsets tell how far it has come. Default:"
              + " millrace-PIPELINE-TOPIC.")
  private @Nullable String group;

  @Option(
      names = "--start",
      paramLabel = "POSITION",
      description =
          "kafka: committed (where the group stopped; at first, the topic's start), earliest,"
              + " latest, or a time like 2026-05-26T08:00:00Z (the first record of that Kafka"
              + " timestamp or later).")
  private String start = "committed";

  @Option(
      names = "--outOfOrderness",
      defaultValue = "1m",
      converter = DurationConverter.class,
      description = "kafka: how far the watermark stays behind the newest event time.")
  private Duration outOfOrderness = Duration.ofMinutes(1);

  @Option(
      names = "--kafkaProperties",
      paramLabel = "FILE",
      description = "kafka: further consumer properties, for example TLS and SASL; never printed.")
  private @Nullable Path kafkaProperties;

  /** The chosen source; null if there is a mistake, which is added. */
  @Nullable Source source(String pipeline, List<String> mistakes) {
    if (source == null) {
      mistakes.add("no source: give --source=files with --input, or --source=kafka with --topic");
      return null;
    }
    return switch (source) {
      case "files" -> files(mistakes);
      case "kafka" -> kafka(pipeline, mistakes);
      default -> {
        mistakes.add("--source=" + source + " is none: it is kafka or files");
        yield null;
      }
    };
  }

  private @Nullable Source files(List<String> mistakes) {
    int before = mistakes.size();
    refuse(topic, "--topic", "files", mistakes);
    refuse(bootstrapServers, "--bootstrapServers", "files", mistakes);
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
            FileRecords.read(glob),
            () -> {},
            found + (found == 1 ? " file, " : " files, ") + input,
            () -> "");
  }

  /** A cluster's workers start elsewhere than the user. */
  private static String absolute(String glob) {
    boolean hasScheme = glob.matches("[a-zA-Z][a-zA-Z0-9+.-]*://.*");
    return hasScheme || glob.startsWith("/") ? glob : Path.of("").toAbsolutePath() + "/" + glob;
  }

  private @Nullable Source kafka(String pipeline, List<String> mistakes) {
    int before = mistakes.size();
    refuse(input, "--input", "kafka", mistakes);
    String servers = new Addresses().bootstrapServers(bootstrapServers, mistakes);
    if (topic == null) {
      mistakes.add("--source=kafka needs --topic");
    }
    StartPosition position = position(mistakes);
    Map<String, String> properties = properties(mistakes);
    if (before < mistakes.size()) {
      return null;
    }
    KafkaTopic kafka =
        new KafkaTopic(
            servers,
            topic,
            group == null ? "millrace-" + pipeline + "-" + topic : group,
            properties);
    return new Source(
        KafkaRecords.live(kafka, org.joda.time.Duration.millis(outOfOrderness.toMillis())),
        () -> position.place(kafka),
        "topic "
            + topic
            + " at "
            + servers
            + Addresses.note(servers)
            + ", group "
            + kafka.group()
            + ", start "
            + position,
        () -> lag(kafka));
  }

  private static String lag(KafkaTopic topic) {
    try (GroupLag lag = new GroupLag(topic)) {
      return "lag %,d at the last checkpoint".formatted(lag.records());
    } catch (KafkaException e) {
      return "lag unknown";
    }
  }

  private StartPosition position(List<String> mistakes) {
    return switch (start) {
      case "committed" -> StartPosition.committed();
      case "earliest" -> StartPosition.earliest();
      case "latest" -> StartPosition.latest();
      default -> timestamp(mistakes);
    };
  }

  private StartPosition timestamp(List<String> mistakes) {
    try {
      return StartPosition.timestamp(OffsetDateTime.parse(start).toInstant());
    } catch (DateTimeParseException e) {
      mistakes.add(
          "--start="
              + start
              + " is none: it is committed, earliest, latest, or a time like"
              + " 2026-05-26T08:00:00Z");
      return StartPosition.committed();
    }
  }

  private Map<String, String> properties(List<String> mistakes) {
    if (kafkaProperties == null) {
      return Map.of();
    }
    Properties loaded = new Properties();
    try (Reader reader = Files.newBufferedReader(kafkaProperties)) {
      loaded.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      mistakes.add("--kafkaProperties=" + kafkaProperties + " can't be read");
    }
    Map<String, String> properties = new HashMap<>();
    loaded.stringPropertyNames().forEach(name -> properties.put(name, loaded.getProperty(name)));
    return properties;
  }

  private static void refuse(
      @Nullable String value, String option, String source, List<String> mistakes) {
    if (value != null) {
      mistakes.add(option + " has no meaning with --source=" + source);
    }
  }
}
