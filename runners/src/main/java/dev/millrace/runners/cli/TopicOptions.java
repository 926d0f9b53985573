package dev.millrace.runners.cli;

import dev.millrace.io.kafka.KafkaTopic;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;

/** Which topic, where. */
final class TopicOptions {

  @Option(names = "--topic", description = "kafka, range, log: the topic.")
  private @Nullable String topic;

  @Option(
      names = "--bootstrapServers",
      paramLabel = "HOST:PORT",
      description =
          "kafka, range, log: the brokers. Default: $MILLRACE_BOOTSTRAP_SERVERS, or the local"
              + " stack's.")
  private @Nullable String bootstrapServers;

  @Option(
      names = "--group",
      description =
          "kafka, range, log: the consumer group whose committed offsets tell how far it has come."
              + " Default: millrace-PIPELINE-TOPIC.")
  private @Nullable String group;

  @Option(
      names = "--kafkaProperties",
      paramLabel = "FILE",
      description =
          "kafka, range, log: further consumer properties, for example TLS and SASL; never printed.")
  private @Nullable Path kafkaProperties;

  /** Whether somebody has asked for a topic by its name. */
  private boolean brokersAreUsed;

  /** The topic's name; null if none is given. */
  @Nullable String name() {
    return topic;
  }

  /** The given topic; null if there is a mistake, which is added. */
  @Nullable KafkaTopic required(String by, String pipeline, List<String> mistakes) {
    if (topic == null) {
      mistakes.add(by + " needs --topic");
      return null;
    }
    return topic(topic, pipeline, mistakes);
  }

  /** A topic at the given brokers; null if there is a mistake, which is added. */
  @Nullable KafkaTopic topic(String name, String pipeline, List<String> mistakes) {
    brokersAreUsed = true;
    String servers = new Addresses().bootstrapServers(bootstrapServers, mistakes);
    Map<String, String> properties = properties(kafkaProperties, mistakes);
    return servers == null
        ? null
        : new KafkaTopic(
            servers, name, group == null ? "millrace-" + pipeline + "-" + name : group, properties);
  }

  /** Adds a mistake for each option that has no meaning with {@code what}. */
  void refuse(String what, List<String> mistakes) {
    refuse(topic, "--topic", what, mistakes);
    if (!brokersAreUsed) {
      refuse(bootstrapServers, "--bootstrapServers", what, mistakes);
      refuse(group, "--group", what, mistakes);
      refuse(kafkaProperties, "--kafkaProperties", what, mistakes);
    }
  }

  private static void refuse(
      @Nullable Object value, String option, String what, List<String> mistakes) {
    if (value != null) {
      mistakes.add(option + " has no meaning with " + what);
    }
  }

  /** For the user. */
  static String describe(KafkaTopic topic) {
    String servers = topic.bootstrapServers();
    return "topic " + topic.name() + " at " + servers + Addresses.note(servers);
  }

  /** What a properties file holds; empty if there is none. */
  static Map<String, String> properties(@Nullable Path file, List<String> mistakes) {
    if (file == null) {
      return Map.of();
    }
    Properties loaded = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      loaded.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      mistakes.add("--kafkaProperties=" + file + " can't be read");
    }
    Map<String, String> properties = new HashMap<>();
    loaded.stringPropertyNames().forEach(name -> properties.put(name, loaded.getProperty(name)));
    return properties;
  }
}
