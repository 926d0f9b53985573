package dev.millrace.io.kafka;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Where a live stream starts that resumes from no checkpoint. */
public final class StartPosition {
  private static final long TIMEOUT_SECONDS = 15;

  private enum Kind {
    COMMITTED,
    EARLIEST,
    LATEST,
    TIMESTAMP
  }

  private final Kind kind;
  private final @Nullable Instant time;

  private StartPosition(Kind kind, @Nullable Instant time) {
    this.kind = kind;
    this.time = time;
  }

  /** After the last offset that the group has committed; a partition without one: its start. */
  public static StartPosition committed() {
    return new StartPosition(Kind.COMMITTED, null);
  }

  /** At the oldest record that the topic still has. */
  public static StartPosition earliest() {
    return new StartPosition(Kind.EARLIEST, null);
  }

  /** After the newest record there is now. */
  public static StartPosition latest() {
    return new StartPosition(Kind.LATEST, null);
  }

  /**
   * At each partition's first record whose Kafka timestamp is {@code time} or later; a partition
   * without one: its end.
   */
  public static StartPosition timestamp(Instant time) {
    return new StartPosition(Kind.TIMESTAMP, time);
  }

  /**
   * Makes the topic's group start here: the position becomes its committed offsets, from which
   * {@link KafkaRecords#live} starts. Also proves that the brokers answer and the topic exists.
   *
   * @throws KafkaException if not, with a message for the user
   */
  public void place(KafkaTopic topic) {
    try (Admin admin = Admin.create(topic.clientConfig())) {
      Set<TopicPartition> partitions = partitions(admin, topic);
      if (kind != Kind.COMMITTED) {
        get(
            topic,
            admin
                .alterConsumerGroupOffsets(topic.group(), resolve(admin, topic, partitions))
                .all());
      }
    }
  }

  private static Set<TopicPartition> partitions(Admin admin, KafkaTopic topic) {
    TopicDescription description =
        get(topic, admin.describeTopics(Set.of(topic.name())).topicNameValues().get(topic.name()));
    Set<TopicPartition> partitions =
        new TreeSet<>(Comparator.comparingInt(TopicPartition::partition));
    description
        .partitions()
        .forEach(each -> partitions.add(new TopicPartition(topic.name(), each.partition())));
    return partitions;
  }

  private Map<TopicPartition, OffsetAndMetadata> resolve(
      Admin admin, KafkaTopic topic, Set<TopicPartition> partitions) {
    OffsetSpec wanted =
        switch (kind) {
          case EARLIEST -> OffsetSpec.earliest();
          case TIMESTAMP -> OffsetSpec.forTimestamp(Objects.requireNonNull(time).toEpochMilli());
          default -> OffsetSpec.latest();
        };
    // The ends first: what arrives between the two questions must not be skipped.
    Map<TopicPartition, ListOffsetsResultInfo> ends =
        list(admin, topic, partitions, OffsetSpec.latest());
    Map<TopicPartition, ListOffsetsResultInfo> found = list(admin, topic, partitions, wanted);
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (TopicPartition partition : partitions) {
      long offset = found.get(partition).offset();
      // -1: no record is as new as the timestamp.
      offsets.put(
          partition, new OffsetAndMetadata(offset < 0 ? ends.get(partition).offset() : offset));
    }
    return offsets;
  }

  private static Map<TopicPartition, ListOffsetsResultInfo> list(
      Admin admin, KafkaTopic topic, Set<TopicPartition> partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> specs = new HashMap<>();
    partitions.forEach(partition -> specs.put(partition, spec));
    return get(topic, admin.listOffsets(specs).all());
  }

  private static <T> T get(KafkaTopic topic, KafkaFuture<T> answer) {
    try {
      return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    } catch (ExecutionException e) {
      throw new KafkaException(explain(topic, e.getCause()), e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      throw new KafkaException(unreachable(topic), e);
    }
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
      return "Kafka at " + topic.bootstrapServers() + " refused us: " + cause.getMessage();
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
  public String toString() {
    return time == null ? kind.name().toLowerCase(Locale.ROOT) : "timestamp " + time;
  }
}
