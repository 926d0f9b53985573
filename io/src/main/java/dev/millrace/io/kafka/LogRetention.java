package dev.millrace.io.kafka;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/** What a topic still has of the past. */
public final class LogRetention {
  private LogRetention() {}

  /**
   * Whether a topic has a record of this Kafka timestamp or later, in any partition.
   *
   * @throws org.apache.kafka.common.KafkaException if the brokers don't answer, with a message for
   *     the user
   */
  public static boolean reaches(KafkaTopic topic, Instant time) {
    try (TopicOffsets log = new TopicOffsets(topic)) {
      SortedMap<Integer, Long> ends = log.latest();
      SortedMap<Integer, Long> at = log.at(time);
      return ends.keySet().stream().anyMatch(each -> at.get(each) < ends.get(each));
    }
  }

  /**
   * The partitions that may have lost records of this time or later: those from which something was
   * deleted, and whose oldest record is not older than that.
   *
   * @throws org.apache.kafka.common.KafkaException if the brokers don't answer, with a message for
   *     the user
   */
  public static List<Integer> partitionsWithout(KafkaTopic topic, Instant since) {
    try (TopicOffsets log = new TopicOffsets(topic)) {
      SortedMap<Integer, Long> oldest = log.earliest();
      SortedMap<Integer, Long> first = log.at(since);
      List<Integer> without = new ArrayList<>();
      oldest.forEach(
          (partition, offset) -> {
            if (offset > 0 && first.get(partition).equals(offset)) {
              without.add(partition);
            }
          });
      return without;
    }
  }
}
