package dev.millrace.io.kafka;

import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far partitions are that other readers read: the event time of each one's newest record, by
 * Kafka timestamp. A reader whose own partitions are all idle can't know it otherwise, and would
 * hold the watermark of the whole job. Needs brokers of version 3.0.
 */
final class TopicTail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TopicTail.class);
  private static final Duration POLL = Duration.ofMillis(300);

  private final KafkaTopic topic;
  private final EventTime eventTime;
  private final TopicOffsets offsets;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<Integer, Long> seen = new HashMap<>();
  private long newest = EventTime.UNUSABLE;

  TopicTail(KafkaTopic topic, EventTime eventTime) {
    this.topic = topic;
    this.eventTime = eventTime;
    this.offsets = new TopicOffsets(topic);
    this.consumer =
        new KafkaConsumer<>(
            topic.consumerConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * The newest event time in the partitions but {@code own}; {@link EventTime#UNUSABLE} if it isn't
   * known.
   */
  long newestBut(Set<Integer> own) {
    try {
      offsets
          .newest()
          .forEach(
              (partition, last) -> {
                if (!own.contains(partition)
                    && last.offset() >= 0
                    && seen.getOrDefault(partition, -1L) != last.offset()) {
                  look(partition, last);
                }
              });
    } catch (KafkaException e) {
      LOG.warn("Idle partitions of {} may hold the watermark: {}", topic, e.getMessage());
    }
    return newest;
  }

  private void look(int partition, ListOffsetsResultInfo last) {
    TopicPartition named = new TopicPartition(topic.name(), partition);
    consumer.assign(List.of(named));
    consumer.seek(named, last.offset());
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      newest = Math.max(newest, eventTime.find(record.value(), record.timestamp()));
      seen.put(partition, last.offset());
    }
  }

  @Override
  public void close() {
    offsets.close();
    consumer.close(Duration.ZERO);
  }
}
