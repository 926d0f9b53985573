package dev.millrace.io.kafka;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.beam.sdk.io.UnboundedSource;
import org.apache.beam.sdk.metrics.Gauge;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.kafka.common.KafkaException;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/** Reads the partitions of one {@link LiveSource}. */
final class LiveReader extends UnboundedSource.UnboundedReader<Batch<RawRecord>> {

  /** How long an advance waits; while one waits, checkpoints do, too. */
  private static final Duration WAIT = Duration.ofMillis(20);

  /**
   * For so long after a record an advance that finds nothing yields a batch of nothing: Flink would
   * sleep 50 ms otherwise, and the next record with it.
   */
  private static final long AWAKE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Batch<RawRecord> NOTHING = new Batch<>(List.of(), new long[0]);

  private static final long METRICS_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** By then Flink has told a watermark to its operators, which it does five times a second. */
  private static final long TOLD_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LiveSource source;
  private final @Nullable LiveMark resumed;
  private final ReaderWatermark watermark;
  private final SortedMap<Integer, Long> nextOffsets = new TreeMap<>();
  private final Map<Integer, PartitionGauges> gauges = new HashMap<>();

  private @Nullable LiveWatch watch;
  private @Nullable RecordFetcher fetcher;
  private @Nullable Batch<RawRecord> current;
  private Instant currentTimestamp = Instant.EPOCH;
  private boolean watermarkTold;
  private boolean advanced;
  private long firstAdvanceNanos;
  private int questionsSinceAdvance;
  private long lastRecordNanos;
  private boolean foundNothing;
  private long foundNothingNanos;
  private long metricsNanos = System.nanoTime();

  LiveReader(LiveSource source, @Nullable LiveMark mark) {
    this.source = source;
    this.resumed = mark == null || mark.partitions().isEmpty() ? null : mark;
    this.watermark =
        new ReaderWatermark(
            source.outOfOrdernessMillis(), mark == null ? ReaderWatermark.MIN : mark.watermark());
    this.watermarkTold = mark == null || mark.watermark() == ReaderWatermark.MIN;
  }

  /** Never yields a record itself: Flink creates the output of a split after its start. */
  @Override
  public boolean start() throws IOException {
    Map<Integer, Long> silentMillis = new HashMap<>();
    if (resumed != null) {
      for (LiveMark.Partition each : resumed.partitions()) {
        nextOffsets.put(each.number(), each.nextOffset());
        silentMillis.put(each.number(), each.silentMillis());
        watermark.add(each.number());
        watermark.advance(each.number(), each.newest());
      }
    } else {
      try (TopicOffsets offsets = new TopicOffsets(source.topic())) {
        LogPosition.committed()
            .in(offsets, source.topic())
            .forEach(
                (partition, offset) -> {
                  if (source.reads(partition)) {
                    nextOffsets.put(partition, offset);
                    silentMillis.put(partition, 0L);
                    watermark.add(partition);
                  }
                });
      } catch (KafkaException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
    watch = new LiveWatch(source, silentMillis);
    fetcher = new RecordFetcher(source.topic(), source.eventTime(), nextOffsets, Map.of(), watch);
    return false;
  }

  @Override
  public boolean advance() throws IOException {
    if (!watermarkTold) {
      if (!advanced) {
        advanced = true;
        firstAdvanceNanos = System.nanoTime();
      }
      questionsSinceAdvance = 0;
      return false;
    }
    updateGauges();
    long now = System.nanoTime();
    long deadline = now + patience(now);
    while (true) {
      RecordFetcher.Event event =
          fetcher.next(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
      if (event == null) {
        return staysAwake();
      }
      if (event instanceof RecordFetcher.Fetched fetched) {
        nextOffsets.put(fetched.partition(), fetched.nextOffset());
        if (fetched.batch() != null) {
          take(fetched, fetched.batch());
          foundNothing = false;
          return true;
        }
        watermark.add(fetched.partition());
      } else if (event instanceof RecordFetcher.Idle idle) {
        watermark.idle(idle.partition());
      } else if (event instanceof RecordFetcher.Awake) {
        watermark.awake();
      } else if (event instanceof RecordFetcher.Elsewhere elsewhere) {
        watermark.elsewhere(elsewhere.newestEventMillis());
      }
    }
  }

  private boolean staysAwake() {
    long now = System.nanoTime();
    if (current != null && now - lastRecordNanos < AWAKE_NANOS) {
      current = NOTHING;
      return true;
    }
    foundNothing = true;
    foundNothingNanos = now;
    return false;
  }

  /** None where Flink comes back at once: the subtask has other readers, which it would hold up. */
  private long patience(long now) {
    boolean atOnce = foundNothing && now - foundNothingNanos < WAIT.toNanos();
    return atOnce ? 0 : WAIT.toNanos();
  }

  private void take(RecordFetcher.Fetched fetched, Batch<RawRecord> batch) {
    current = batch;
    lastRecordNanos = System.nanoTime();
    currentTimestamp = Instant.ofEpochMilli(batch.oldest());
    if (fetched.newestEventMillis() != EventTime.UNUSABLE) {
      watermark.advance(fetched.partition(), fetched.newestEventMillis());
    }
    PartitionGauges its = gauges.get(fetched.partition());
    if (its != null) {
      its.records += batch.values().size();
    }
  }

  @Override
  public Batch<RawRecord> getCurrent() {
    if (current == null) {
      throw new NoSuchElementException();
    }
    return current;
  }

  @Override
  public Instant getCurrentTimestamp() {
    return currentTimestamp;
  }

  /**
   * After a restart records must not overtake the watermark that the checkpoint had reached, or
   * what was late before would be in time after it. Flink asks in order to tell it to its
   * operators, from the first advance on, and also once after each fruitless advance, to see
   * whether there is an end: the second question after an advance is of the first kind.
   */
  @Override
  public Instant getWatermark() {
    if (!watermarkTold && advanced) {
      questionsSinceAdvance++;
      watermarkTold =
          questionsSinceAdvance >= 2 || System.nanoTime() - firstAdvanceNanos >= TOLD_NANOS;
    }
    return Instant.ofEpochMilli(watermark.current());
  }

  @Override
  public LiveMark getCheckpointMark() {
    if (fetcher == null && resumed != null) {
      return resumed;
    }
    List<LiveMark.Partition> partitions = new ArrayList<>();
    nextOffsets.forEach(
        (partition, offset) ->
            partitions.add(
                new LiveMark.Partition(
                    partition,
                    offset,
                    watermark.newest(partition),
                    watch == null ? 0 : watch.silentMillis(partition))));
    return new LiveMark(watermark.current(), partitions, fetcher);
  }

  @Override
  public LiveSource getCurrentSource() {
    return source;
  }

  @Override
  public void close() {
    if (fetcher != null) {
      fetcher.close();
    }
  }

  private void updateGauges() {
    long now = System.nanoTime();
    long elapsed = now - metricsNanos;
    if (elapsed < METRICS_NANOS) {
      return;
    }
    metricsNanos = now;
    for (int partition : nextOffsets.keySet()) {
      PartitionGauges its =
          gauges.computeIfAbsent(
              partition, number -> new PartitionGauges(source.topic().name(), number));
      its.lag.set(fetcher.lag(partition));
      its.rate.set(its.records * METRICS_NANOS / elapsed);
      its.watermark.set(watermark.of(partition));
      its.records = 0;
    }
  }

  /**
   * Of one partition: {@code TOPIC.PARTITION.lag} in offsets not fetched yet, {@code .rate} in
   * records per second, {@code .watermark} in milliseconds since 1970.
   */
  private static final class PartitionGauges {
    private final Gauge lag;
    private final Gauge rate;
    private final Gauge watermark;
    private long records;

    PartitionGauges(String topic, int partition) {
      String prefix = topic + "." + partition + ".";
      this.lag = Metrics.gauge(KafkaRecords.SYSTEM, prefix + "lag");
      this.rate = Metrics.gauge(KafkaRecords.SYSTEM, prefix + "rate");
      this.watermark = Metrics.gauge(KafkaRecords.SYSTEM, prefix + "watermark");
    }
  }
}
