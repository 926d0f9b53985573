package dev.millrace.io.kafka;

import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * How far records come behind the newest event of their partition: 0 for one that is the newest
 * itself. The out-of-orderness of a watermark covers a record that is behind by no more than that.
 * Exact: eight bytes are kept of each record.
 */
public final class LatenessSample {
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration SILENCE = Duration.ofSeconds(20);

  /** Durations that a person would choose. */
  private static final List<Duration> ROUND =
      List.of(
          Duration.ZERO,
          Duration.ofMillis(100),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofMinutes(1),
          Duration.ofMinutes(2),
          Duration.ofMinutes(5),
          Duration.ofMinutes(10),
          Duration.ofMinutes(15),
          Duration.ofMinutes(20),
          Duration.ofMinutes(30),
          Duration.ofHours(1),
          Duration.ofHours(2),
          Duration.ofHours(6),
          Duration.ofHours(12),
          Duration.ofHours(24));

  /** Bounds of the histogram for people. */
  private static final List<Duration> BUCKETS =
      List.of(
          Duration.ofMillis(1),
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofMinutes(1),
          Duration.ofMinutes(5),
          Duration.ofMinutes(10),
          Duration.ofMinutes(30),
          Duration.ofHours(1),
          Duration.ofHours(6),
          Duration.ofHours(24));

  /**
   * Records that are behind by about as much.
   *
   * @param label how much, for a person
   */
  public record Bucket(String label, long count) {}

  private long[] behindMillis = new long[1 << 10];
  private int count;
  private boolean sorted = true;
  private final Map<Integer, Long> newest = new HashMap<>();
  private long undated;

  LatenessSample() {}

  /**
   * Reads the newest records of a topic.
   *
   * @param records how many, over all partitions
   * @param total told how many there are to read
   * @param progress told how many are read
   * @throws KafkaException if the brokers don't answer, with a message for the user
   */
  public static LatenessSample of(
      KafkaTopic topic,
      EventTime eventTime,
      long records,
      LongConsumer total,
      LongConsumer progress) {
    LatenessSample sample = new LatenessSample();
    Map<TopicPartition, Long> ends = new HashMap<>();
    Map<TopicPartition, Long> starts = new HashMap<>();
    try (TopicOffsets offsets = new TopicOffsets(topic)) {
      Map<Integer, Long> earliest = offsets.earliest();
      Map<Integer, Long> latest = offsets.latest();
      long each = Math.max(1, records / latest.size());
      latest.forEach(
          (partition, end) -> {
            long start = Math.max(earliest.getOrDefault(partition, 0L), end - each);
            if (start < end) {
              starts.put(new TopicPartition(topic.name(), partition), start);
              ends.put(new TopicPartition(topic.name(), partition), end);
            }
          });
    }
    total.accept(ends.keySet().stream().mapToLong(p -> ends.get(p) - starts.get(p)).sum());
    if (!ends.isEmpty()) {
      sample.read(topic, eventTime, starts, ends, progress);
    }
    return sample;
  }

  private void read(
      KafkaTopic topic,
      EventTime eventTime,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends,
      LongConsumer progress) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            topic.consumerConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(starts.keySet());
      starts.forEach(consumer::seek);
      long read = 0;
      long lastNanos = System.nanoTime();
      while (!consumer.paused().equals(ends.keySet())) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
            add(record.partition(), eventTime.find(record.value(), record.timestamp()));
            read++;
            lastNanos = System.nanoTime();
          }
        }
        ends.forEach(
            (partition, end) -> {
              if (RecordFetcher.position(consumer, partition).orElse(-1) >= end) {
                consumer.pause(List.of(partition));
              }
            });
        progress.accept(read);
        if (System.nanoTime() - lastNanos > SILENCE.toNanos()) {
          throw new KafkaException(
              "nothing more came from " + topic + " for " + SILENCE.toSeconds() + " s");
        }
      }
    } catch (ApiException | InvalidOffsetException e) {
      throw TopicOffsets.explained(topic, e);
    }
  }

  /** Takes a record of a partition, the next in its order. */
  void add(int partition, long eventMillis) {
    if (eventMillis == EventTime.UNUSABLE) {
      undated++;
      return;
    }
    long reached = newest.merge(partition, eventMillis, Math::max);
    if (count == behindMillis.length) {
      behindMillis = Arrays.copyOf(behindMillis, 2 * count);
    }
    behindMillis[count++] = reached - eventMillis;
    sorted = false;
  }

  /** How many records had a usable event time. */
  public long dated() {
    return count;
  }

  /** How many had none. */
  public long undated() {
    return undated;
  }

  /** How many came after a newer one. */
  public long behind() {
    return later(Duration.ZERO);
  }

  /** How many partitions had any. */
  public int partitions() {
    return newest.size();
  }

  /** By how much the latest was behind. */
  public Duration max() {
    return covering(1);
  }

  /** By how much a share of the records was behind at most. */
  public Duration covering(double share) {
    int covered = (int) Math.max(1, Math.ceil(share * count));
    return Duration.ofMillis(count == 0 ? 0 : inOrder()[covered - 1]);
  }

  /** The share of the records that were behind by no more than that. */
  public double share(Duration outOfOrderness) {
    return 1 - (double) later(outOfOrderness) / dated();
  }

  /** How many were further behind. */
  public long later(Duration outOfOrderness) {
    return dated() - upTo(outOfOrderness.toMillis());
  }

  private long upTo(long millis) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (inOrder()[middle] <= millis) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private long[] inOrder() {
    if (!sorted) {
      Arrays.sort(behindMillis, 0, count);
      sorted = true;
    }
    return behindMillis;
  }

  /** The next duration that a person would choose. */
  public static Duration roundedUp(Duration exact) {
    return ROUND.stream()
        .filter(each -> each.compareTo(exact) >= 0)
        .findFirst()
        .orElse(Duration.ofDays(exact.toDays() + 1));
  }

  /** A histogram for people: from the first to the last bucket that holds any. */
  public List<Bucket> buckets() {
    List<Bucket> buckets = new ArrayList<>();
    long before = 0;
    String lower = "0";
    for (Duration bound : BUCKETS) {
      long upTo = upTo(bound.toMillis() - 1);
      String upper = label(bound);
      buckets.add(new Bucket(bound.toMillis() == 1 ? "none" : "< " + upper, upTo - before));
      before = upTo;
      lower = upper;
    }
    buckets.add(new Bucket(">= " + lower, dated() - before));
    int last = buckets.size() - 1;
    while (last > 0 && buckets.get(last).count() == 0) {
      last--;
    }
    return buckets.subList(0, last + 1);
  }

  private static String label(Duration duration) {
    if (duration.toSeconds() < 1) {
      return duration.toMillis() + " ms";
    }
    if (duration.toMinutes() < 1) {
      return duration.toSeconds() + " s";
    }
    return duration.toHours() < 1 ? duration.toMinutes() + " min" : duration.toHours() + " h";
  }
}
