package dev.millrace.io.kafka;

import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far partitions are that other readers read: the newest event time among the last records of
 * each. A reader whose own partitions are all idle can't know it otherwise, and would hold the
 * watermark of the whole job.
 */
final class TopicTail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TopicTail.class);
  private static final Duration ANSWER = Duration.ofSeconds(1);
  private static final Duration POLL = Duration.ofMillis(300);

  /** The last may be without a usable time, or of a transaction that was aborted. */
  private static final long LAST_OFFSETS = 100;

  private final KafkaTopic topic;
  private final EventTime eventTime;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<TopicPartition, Long> seen = new HashMap<>();
  private long newest = EventTime.UNUSABLE;

  TopicTail(KafkaTopic topic, EventTime eventTime) {
    this.topic = topic;
    this.eventTime = eventTime;
    this.consumer =
        new KafkaConsumer<>(
            topic.consumerConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** The newest event time in these; {@link EventTime#UNUSABLE} if it isn't known. */
  long newestIn(Collection<TopicPartition> partitions) {
    try {
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, ANSWER);
      Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions, ANSWER);
      List<TopicPartition> moved = new ArrayList<>();
      ends.forEach(
          (partition, end) -> {
            if (end > starts.get(partition) && !end.equals(seen.get(partition))) {
              moved.add(partition);
            }
          });
      consumer.assign(moved);
      for (TopicPartition each : moved) {
        consumer.seek(each, Math.max(starts.get(each), ends.get(each) - LAST_OFFSETS));
      }
      look(moved, ends);
    } catch (TimeoutException | OffsetOutOfRangeException e) {
      LOG.warn("Idle partitions of {} may hold the watermark: {}", topic, e.getMessage());
    }
    return newest;
  }

  /** What isn't read now is read the next time. */
  private void look(List<TopicPartition> moved, Map<TopicPartition, Long> ends) {
    boolean brought = true;
    while (brought && !moved.isEmpty()) {
      brought = false;
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        newest = Math.max(newest, eventTime.find(record.value(), record.timestamp()));
        brought = true;
      }
      for (TopicPartition each : List.copyOf(moved)) {
        if (consumer.position(each, ANSWER) >= ends.get(each)) {
          seen.put(each, ends.get(each));
          moved.remove(each);
        }
      }
    }
  }

  @Override
  public void close() {
    consumer.close(Duration.ZERO);
  }
}
