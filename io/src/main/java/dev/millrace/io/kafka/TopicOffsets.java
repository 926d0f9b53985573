package dev.millrace.io.kafka;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What the brokers know of a topic's offsets, by partition. Holds a connection. Every method throws
 * a {@link KafkaException} with a message for the user if the brokers don't answer or refuse.
 */
final class TopicOffsets implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 15;

  /** Of a topic that was just made. */
  private static final RetryPolicy<Object> NOT_LED_YET =
      RetryPolicy.builder()
          .handleIf(
              failure ->
                  failure instanceof KafkaException
                      && failure.getCause() instanceof RetriableException)
          .withDelay(Duration.ofMillis(50))
          .withMaxAttempts(-1)
          .withMaxDuration(Duration.ofSeconds(TIMEOUT_SECONDS))
          .build();

  private final KafkaTopic topic;
  private final Admin admin;

  TopicOffsets(KafkaTopic topic) {
    this.topic = topic;
    this.admin = Admin.create(topic.clientConfig());
  }

  /** The offset of the oldest record that each partition still has. */
  SortedMap<Integer, Long> earliest() {
    return offsets(list(OffsetSpec.earliest()));
  }

  /** The offset after the newest record; of open transactions nothing counts. */
  SortedMap<Integer, Long> latest() {
    return offsets(list(OffsetSpec.latest()));
  }

  /** The offset after the newest record, of open transactions too. */
  SortedMap<Integer, Long> latestUncommitted() {
    return offsets(list(OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED));
  }

  /** Of the first record whose Kafka timestamp is {@code time} or later; without one, the end. */
  SortedMap<Integer, Long> at(Instant time) {
    // The ends first: what arrives between the two questions must not be skipped.
    SortedMap<Integer, Long> offsets = latest();
    list(OffsetSpec.forTimestamp(time.toEpochMilli()))
        .forEach(
            (partition, found) -> {
              if (found.offset() >= 0) {
                offsets.put(partition, found.offset());
              }
            });
    return offsets;
  }

  /** What the group has committed; a partition without a commit is missing. */
  SortedMap<Integer, Long> committed() {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    get(admin.listConsumerGroupOffsets(topic.group()).partitionsToOffsetAndMetadata())
        .forEach(
            (partition, offset) -> {
              if (offset != null && partition.topic().equals(topic.name())) {
                offsets.put(partition.partition(), offset.offset());
              }
            });
    return offsets;
  }

  /** Makes {@code offsets} the group's committed ones. */
  void commit(Map<Integer, Long> offsets) {
    Map<TopicPartition, OffsetAndMetadata> commits = new HashMap<>();
    offsets.forEach(
        (partition, offset) ->
            commits.put(
                new TopicPartition(topic.name(), partition), new OffsetAndMetadata(offset)));
    get(admin.alterConsumerGroupOffsets(topic.group(), commits).all());
  }

  private SortedMap<Integer, ListOffsetsResultInfo> list(OffsetSpec spec) {
    return list(spec, IsolationLevel.READ_COMMITTED);
  }

  private SortedMap<Integer, ListOffsetsResultInfo> list(OffsetSpec spec, IsolationLevel level) {
    Map<TopicPartition, OffsetSpec> question = new HashMap<>();
    get(admin.describeTopics(Set.of(topic.name())).topicNameValues().get(topic.name()))
        .partitions()
        .forEach(each -> question.put(new TopicPartition(topic.name(), each.partition()), spec));
    SortedMap<Integer, ListOffsetsResultInfo> answers = new TreeMap<>();
    get(admin.listOffsets(question, new ListOffsetsOptions(level)).all())
        .forEach((partition, answer) -> answers.put(partition.partition(), answer));
    return answers;
  }

  private static SortedMap<Integer, Long> offsets(Map<Integer, ListOffsetsResultInfo> answers) {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    answers.forEach((partition, answer) -> offsets.put(partition, answer.offset()));
    return offsets;
  }

  /**
   * Makes the topic if it isn't there; returns whether it was made. Its partitions take records
   * then: a producer whose first batch is refused, since a partition isn't led yet, and whose
   * second is taken, never gets rid of the first (KAFKA-15591).
   */
  boolean create(int partitions, Map<String, String> settings) {
    NewTopic wanted =
        new NewTopic(topic.name(), Optional.of(partitions), Optional.empty()).configs(settings);
    try {
      get(admin.createTopics(List.of(wanted)).all());
      Map<TopicPartition, OffsetSpec> all = new HashMap<>();
      for (int partition = 0; partition < partitions; partition++) {
        all.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
      }
      Failsafe.with(NOT_LED_YET).run(() -> get(admin.listOffsets(all).all()));
      return true;
    } catch (KafkaException e) {
      if (e.getCause() instanceof TopicExistsException) {
        return false;
      }
      throw e;
    }
  }

  private <T> T get(KafkaFuture<T> answer) {
    try {
      return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    } catch (ExecutionException e) {
      throw explained(topic, e.getCause());
    } catch (TimeoutException e) {
      throw new KafkaException(unreachable(topic), e);
    }
  }

  /** The error with a message that says what to do. */
  static KafkaException explained(KafkaTopic topic, Throwable cause) {
    return new KafkaException(explain(topic, cause), cause);
  }

  private static String explain(KafkaTopic topic, Throwable cause) {
    if (cause instanceof UnknownTopicOrPartitionException) {
      return "topic '"
          + topic.name()
          + "' doesn't exist at "
          + topic.bootstrapServers()
          + ": create it, or fill it with 'bin/millrace feed'";
    }
    if (cause instanceof UnknownMemberIdException) {
      return "consumer group '"
          + topic.group()
          + "' is in use by other consumers: stop them, or choose another --group";
    }
    if (cause instanceof AuthenticationException || cause instanceof AuthorizationException) {
      return "Kafka at "
          + topic.bootstrapServers()
          + " refuses us: "
          + cause.getMessage()
          + " (topic '"
          + topic.name()
          + "', group '"
          + topic.group()
          + "'): look at its access lists and at --kafkaProperties";
    }
    if (cause instanceof org.apache.kafka.common.errors.TimeoutException) {
      return unreachable(topic);
    }
    return "Kafka at " + topic.bootstrapServers() + ": " + cause.getMessage();
  }

  private static String unreachable(KafkaTopic topic) {
    return "no Kafka broker answers at "
        + topic.bootstrapServers()
        + ": is it running, and is the address right?";
  }

  @Override
  public void close() {
    admin.close();
  }
}
