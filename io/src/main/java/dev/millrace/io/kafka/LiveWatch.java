package dev.millrace.io.kafka;

import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the partitions of a live topic: which are idle, which are new, and what to do where
 * the offsets are gone. Used by the fetching thread, but for {@link #silentMillis}.
 */
final class LiveWatch implements RecordFetcher.Watch {
  private static final Logger LOG = LoggerFactory.getLogger(LiveWatch.class);
  private static final Duration ANSWER = Duration.ofSeconds(1);
  private static final long IDLE_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long SILENT_MILLIS = 1_000;
  private static final long TAIL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long DISCOVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final LiveSource source;
  private final Map<Integer, Long> aliveNanos = new ConcurrentHashMap<>();
  private final Set<Integer> idle = new HashSet<>();
  private @Nullable TopicTail tail;
  private final Map<TopicPartition, Seen> seen = new HashMap<>();
  private long newestElsewhere = EventTime.UNUSABLE;
  private long nextIdleCheck;
  private long nextTail;
  private long nextDiscovery;

  /** What the last look at a partition saw. */
  private record Seen(long end, long position) {}

  /**
   * Watches partitions.
   *
   * @param silentMillis how long each has been silent already
   */
  LiveWatch(LiveSource source, Map<Integer, Long> silentMillis) {
    this.source = source;
    long now = System.nanoTime();
    this.nextIdleCheck = now;
    this.nextTail = now;
    this.nextDiscovery = now;
    silentMillis.forEach(
        (partition, silent) ->
            aliveNanos.put(partition, now - TimeUnit.MILLISECONDS.toNanos(silent)));
  }

  /** How long a partition has had no usable event time, in processing time. */
  long silentMillis(int partition) {
    Long since = aliveNanos.get(partition);
    return since == null ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
  }

  @Override
  public void alive(int partition, RecordFetcher fetcher) {
    aliveNanos.put(partition, System.nanoTime());
    if (idle.contains(partition)) {
      // Partitions often wake up together. Each must be seen to be at its end again before the
      // first one's records move the watermark past what the others bring.
      idle.clear();
      seen.clear();
      nextIdleCheck = System.nanoTime();
      fetcher.tell(new RecordFetcher.Awake());
    }
  }

  @Override
  public void look(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher) {
    long now = System.nanoTime();
    if (now - nextIdleCheck >= 0) {
      nextIdleCheck = now + IDLE_CHECK_NANOS;
      findIdle(consumer, fetcher);
    }
    if (now - nextTail >= 0 && idle.size() == aliveNanos.size()) {
      nextTail = now + TAIL_NANOS;
      lookElsewhere(consumer, fetcher);
    }
    if (now - nextDiscovery >= 0) {
      nextDiscovery = now + DISCOVERY_NANOS;
      findNew(consumer, fetcher);
    }
  }

  /**
   * Silent for long is not enough: the reader may be behind, or brokers away. So the brokers are
   * asked as soon as a partition is silent, and silence counts only while they answer.
   */
  private void findIdle(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher) {
    Collection<TopicPartition> silent =
        aliveNanos.keySet().stream()
            .filter(each -> !idle.contains(each))
            .filter(each -> silentMillis(each) >= Math.min(SILENT_MILLIS, source.idleAfterMillis()))
            .map(this::named)
            .toList();
    if (silent.isEmpty()) {
      return;
    }
    try {
      for (TopicPartition each : atTheirEnds(consumer, silent)) {
        if (silentMillis(each.partition()) >= source.idleAfterMillis()) {
          idle.add(each.partition());
          fetcher.tell(new RecordFetcher.Idle(each.partition()));
        }
      }
    } catch (TimeoutException e) {
      LOG.warn("No answer on whether partitions are idle: {}", e.getMessage());
      silent.forEach(each -> aliveNanos.put(each.partition(), System.nanoTime()));
    }
  }

  /**
   * Those that are read to their ends; also those that are read to where their ends were when they
   * were last looked at, and go on: a partition into which only unusable event times flow would
   * never be found at its end.
   */
  private List<TopicPartition> atTheirEnds(
      Consumer<byte[], byte[]> consumer, Collection<TopicPartition> partitions) {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, ANSWER);
    List<TopicPartition> there = new ArrayList<>();
    for (TopicPartition each : partitions) {
      long position = RecordFetcher.position(consumer, each).orElse(-1);
      Seen before = seen.put(each, new Seen(ends.get(each), position));
      boolean goesOn = before != null && position > before.position() && position >= before.end();
      if (position >= ends.get(each) || goesOn) {
        there.add(each);
      }
    }
    return there;
  }

  /** Not at new partitions of our own, which nobody has read yet. */
  private void lookElsewhere(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher) {
    List<TopicPartition> others =
        partitions(consumer).stream().filter(each -> !source.reads(each)).map(this::named).toList();
    if (others.isEmpty()) {
      return;
    }
    if (tail == null) {
      tail = new TopicTail(source.topic(), source.eventTime());
    }
    long newest = tail.newestIn(others);
    if (newest > newestElsewhere && areAllAtTheirEnds(consumer)) {
      newestElsewhere = newest;
      fetcher.tell(new RecordFetcher.Elsewhere(newest));
    }
  }

  /** Ours may have woken up together with those of others. */
  private boolean areAllAtTheirEnds(Consumer<byte[], byte[]> consumer) {
    Collection<TopicPartition> own = aliveNanos.keySet().stream().map(this::named).toList();
    try {
      return atTheirEnds(consumer, own).size() == own.size();
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** The topic's partitions, as last heard; none if nobody answers. */
  private List<Integer> partitions(Consumer<byte[], byte[]> consumer) {
    try {
      return consumer.partitionsFor(source.topic().name(), ANSWER).stream()
          .map(PartitionInfo::partition)
          .toList();
    } catch (TimeoutException e) {
      return List.of(); // The next look asks again.
    }
  }

  private void findNew(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher) {
    for (int partition : partitions(consumer)) {
      if (source.reads(partition) && !aliveNanos.containsKey(partition)) {
        long start;
        try {
          start = beginning(consumer, named(partition));
        } catch (TimeoutException e) {
          return; // The next look asks again.
        }
        LOG.warn(
            "Topic '{}' has a new partition {}: it is read from its start, offset {}",
            source.topic().name(),
            partition,
            start);
        alive(partition, fetcher);
        fetcher.add(partition, start);
      }
    }
  }

  @Override
  public long outOfRange(Consumer<byte[], byte[]> consumer, TopicPartition partition, long offset) {
    long start = beginning(consumer, partition);
    LOG.warn(
        "Offset {} of {} is not there: {} Reading goes on at the oldest record, offset {}.",
        offset,
        partition,
        offset < start
            ? "the topic's retention has deleted "
                + (start - offset)
                + " offsets before they were read. If an archive has them, run a backfill over it."
            : "the topic was made anew, or its brokers have lost records.",
        start);
    return start;
  }

  private static long beginning(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
    return consumer.beginningOffsets(List.of(partition), ANSWER).get(partition);
  }

  private TopicPartition named(int partition) {
    return new TopicPartition(source.topic().name(), partition);
  }

  @Override
  public void close() {
    if (tail != null) {
      tail.close();
    }
  }
}
