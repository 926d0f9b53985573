package dev.millrace.io.kafka;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the partitions of a range: says when one is stuck, and gives up where data is gone.
 */
final class RangeWatch implements RecordFetcher.Watch {
  private static final Logger LOG = LoggerFactory.getLogger(RangeWatch.class);
  private static final long STUCK_SECONDS = 20;

  private final KafkaTopic topic;
  private Map<TopicPartition, Long> positions = Map.of();
  private long movedNanos = System.nanoTime();

  RangeWatch(KafkaTopic topic) {
    this.topic = topic;
  }

  @Override
  public void look(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher) {
    Map<TopicPartition, Long> now = new HashMap<>();
    consumer.assignment().stream()
        .filter(each -> !consumer.paused().contains(each))
        .forEach(
            each ->
                now.put(
                    each,
                    RecordFetcher.position(consumer, each)
                        .orElse(positions.getOrDefault(each, -1L))));
    if (now.isEmpty() || fetcher.isFull() || !now.equals(positions)) {
      positions = now;
      movedNanos = System.nanoTime();
    } else if (System.nanoTime() - movedNanos > TimeUnit.SECONDS.toNanos(STUCK_SECONDS)) {
      movedNanos = System.nanoTime();
      LOG.warn(
          "Nothing came from {} for {} s, waiting at {}: are its brokers away, or is a transaction"
              + " open there?",
          topic,
          STUCK_SECONDS,
          positions);
    }
  }

  @Override
  public long outOfRange(Consumer<byte[], byte[]> consumer, TopicPartition partition, long offset) {
    throw new KafkaException(
        "offset "
            + offset
            + " of "
            + partition
            + " is gone, the oldest there is "
            + consumer.beginningOffsets(List.of(partition)).get(partition)
            + ": the topic's retention has passed the range while it was read, or the topic was"
            + " made anew. Read what is left with --from=earliest, the rest from an archive.");
  }

  @Override
  public void alive(int partition, RecordFetcher fetcher) {}

  @Override
  public void close() {}
}
