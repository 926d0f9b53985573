package dev.millrace.io.kafka;

import java.util.Map;
import org.apache.kafka.common.KafkaException;

/**
 * How far a group is behind its topic: the offsets between what it has committed, which is what its
 * last complete checkpoint holds, and the end of each partition. Holds a connection.
 */
public final class GroupLag implements AutoCloseable {
  private final TopicOffsets offsets;

  public GroupLag(KafkaTopic topic) {
    this.offsets = new TopicOffsets(topic);
  }

  /**
   * The lag now, over all partitions; a partition without a committed offset counts from its start.
   * A topic with compaction has offsets that are no records.
   *
   * @throws KafkaException if the brokers don't answer
   */
  public long records() {
    Map<Integer, Long> starts = offsets.earliest();
    Map<Integer, Long> ends = offsets.latest();
    Map<Integer, Long> committed = offsets.committed();
    long lag = 0;
    for (Map.Entry<Integer, Long> end : ends.entrySet()) {
      long start = starts.getOrDefault(end.getKey(), 0L); // A partition may be new.
      long done = Math.max(start, committed.getOrDefault(end.getKey(), start));
      lag += Math.max(0, end.getValue() - done);
    }
    return lag;
  }

  /**
   * Whether the group has never committed an offset of the topic.
   *
   * @throws KafkaException if the brokers don't answer
   */
  public boolean isNew() {
    return offsets.committed().isEmpty();
  }

  @Override
  public void close() {
    offsets.close();
  }
}
