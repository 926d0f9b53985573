package dev.millrace.io.kafka;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * How far a group is behind its topic: the offsets between what it has committed, which is what its
 * last complete checkpoint holds, and the end of each partition. Holds a connection.
 */
public final class GroupLag implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 10;

  private final KafkaTopic topic;
  private final Admin admin;

  public GroupLag(KafkaTopic topic) {
    this.topic = topic;
    this.admin = Admin.create(topic.clientConfig());
  }

  /**
   * The lag now, over all partitions; a partition without a committed offset counts from its start.
   * A topic with transactions or compaction has offsets that are no records.
   *
   * @throws KafkaException if the brokers don't answer
   */
  public long records() {
    Map<TopicPartition, OffsetSpec> starts = new HashMap<>();
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    get(admin.describeTopics(List.of(topic.name())).topicNameValues().get(topic.name()))
        .partitions()
        .forEach(
            each -> {
              TopicPartition partition = new TopicPartition(topic.name(), each.partition());
              starts.put(partition, OffsetSpec.earliest());
              ends.put(partition, OffsetSpec.latest());
            });
    Map<TopicPartition, ListOffsetsResultInfo> first = get(admin.listOffsets(starts).all());
    Map<TopicPartition, ListOffsetsResultInfo> last = get(admin.listOffsets(ends).all());
    Map<TopicPartition, OffsetAndMetadata> committed =
        get(admin.listConsumerGroupOffsets(topic.group()).partitionsToOffsetAndMetadata());
    long lag = 0;
    for (TopicPartition partition : ends.keySet()) {
      OffsetAndMetadata done = committed.get(partition);
      long from =
          done == null
              ? first.get(partition).offset()
              : Math.max(done.offset(), first.get(partition).offset());
      lag += Math.max(0, last.get(partition).offset() - from);
    }
    return lag;
  }

  private static <T> T get(KafkaFuture<T> answer) {
    try {
      return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException("the lag can't be known: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    }
  }

  @Override
  public void close() {
    admin.close();
  }
}
