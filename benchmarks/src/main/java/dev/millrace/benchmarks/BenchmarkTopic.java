package dev.millrace.benchmarks;

import dev.millrace.io.kafka.KafkaTopic;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;

/** A topic of the benchmarks, and how all variants read it. */
record BenchmarkTopic(String bootstrapServers, String name) {

  /**
   * What the product's own consumers are configured with (io's KafkaTopic): given to all, so that
   * sources are compared and not their consumers' settings.
   */
  private static final Map<String, String> CONSUMER =
      Map.of(
          ConsumerConfig.ISOLATION_LEVEL_CONFIG,
          "read_committed",
          ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
          Integer.toString(16 << 20),
          ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
          "2000",
          ConsumerConfig.RECEIVE_BUFFER_CONFIG,
          Integer.toString(512 << 10));

  /** For the product's source. */
  KafkaTopic as(String group) {
    return new KafkaTopic(bootstrapServers, name, group, Map.of());
  }

  /** For the other sources. */
  Map<String, String> consumerConfig(String group) {
    Map<String, String> config = new HashMap<>(CONSUMER);
    config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    return config;
  }

  /** Makes the topic; its records never expire, however old their timestamps are. */
  void create(int partitions) {
    as("benchmark").create(partitions, Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1"));
  }

  /** The same; the timestamp of a record is when the broker has appended it. */
  void createDatedByAppend(int partitions) {
    as("benchmark")
        .create(
            partitions,
            Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                "-1",
                TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                "LogAppendTime"));
  }

  void delete() {
    try (Admin admin = admin()) {
      get(admin.deleteTopics(List.of(name)).all());
    }
  }

  /** Deletes all topics of the broker whose names begin so. */
  void deleteAllNamed(String prefix) {
    try (Admin admin = admin()) {
      List<String> its =
          get(admin.listTopics().names()).stream().filter(each -> each.startsWith(prefix)).toList();
      get(admin.deleteTopics(its).all());
    }
  }

  boolean exists() {
    try (Admin admin = admin()) {
      return get(admin.listTopics().names()).contains(name);
    }
  }

  /** How many records it holds. */
  long records() {
    try (Admin admin = admin()) {
      List<TopicPartition> partitions =
          get(admin.describeTopics(List.of(name)).allTopicNames()).get(name).partitions().stream()
              .map(each -> new TopicPartition(name, each.partition()))
              .toList();
      return sum(admin, partitions, OffsetSpec.latest())
          - sum(admin, partitions, OffsetSpec.earliest());
    }
  }

  private static long sum(Admin admin, List<TopicPartition> partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> question =
        partitions.stream().collect(Collectors.toMap(each -> each, each -> spec));
    return get(admin.listOffsets(question).all()).values().stream()
        .mapToLong(ListOffsetsResultInfo::offset)
        .sum();
  }

  private Admin admin() {
    return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
  }

  private static <T> T get(KafkaFuture<T> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    } catch (ExecutionException e) {
      throw new KafkaException(e.getCause().getMessage(), e.getCause());
    }
  }
}
