package dev.millrace.io.kafka;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.apache.beam.sdk.io.Read;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.kafka.common.KafkaException;
import org.joda.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads Kafka topics: live, or a range of their offsets, through the same consumer. */
public final class KafkaRecords {
  /** The {@link dev.millrace.transforms.record.Origin#system()} of records from Kafka. */
  public static final String SYSTEM = "kafka";

  private static final Duration DEFAULT_OUT_OF_ORDERNESS = Duration.standardMinutes(1);
  private static final Duration DEFAULT_IDLE_AFTER = Duration.standardMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(KafkaRecords.class);

  private KafkaRecords() {}

  /**
   * Reads a topic as it grows.
   *
   * @param eventTime how records are dated
   */
  public static Live live(KafkaTopic topic, EventTime eventTime) {
    return new Live(topic, eventTime, DEFAULT_OUT_OF_ORDERNESS, DEFAULT_IDLE_AFTER);
  }

  /**
   * Reads what a topic holds between two positions. Asks the brokers for the offsets now: what
   * comes later is not in it. In a partition with an open transaction the end is where that begins,
   * which is told in a warning.
   *
   * @param eventTime how records are dated
   * @param from the first offset of each partition
   * @param to the first offset of each that is no more in it; beyond the end it is the end. A
   *     partition that one of the two doesn't speak of is not read.
   * @throws KafkaException if the brokers don't answer or offsets are gone, with a message for the
   *     user
   */
  public static Range range(
      KafkaTopic topic, EventTime eventTime, LogPosition from, LogPosition to) {
    try (TopicOffsets log = new TopicOffsets(topic)) {
      SortedMap<Integer, Long> ends = to.in(log, topic);
      SortedMap<Integer, Long> starts = from.in(log, topic);
      SortedMap<Integer, Long> oldest = log.earliest();
      SortedMap<Integer, Long> latest = log.latest();
      List<OffsetRange> ranges = new ArrayList<>();
      List<String> gone = new ArrayList<>();
      starts.forEach(
          (partition, start) -> {
            long end = Math.min(ends.getOrDefault(partition, start), latest.get(partition));
            if (start < end && start < oldest.get(partition)) {
              gone.add(partition + " begins at " + oldest.get(partition));
            } else if (start < end) {
              ranges.add(new OffsetRange(partition, start, end));
            }
          });
      warnOfOpenTransactions(topic, log.latestUncommitted(), latest, ends);
      if (!gone.isEmpty()) {
        throw new KafkaException(
            "offsets are gone from topic '"
                + topic.name()
                + "', its retention has deleted them: partition "
                + String.join(", partition ", gone)
                + ". Read what is left with --from=earliest, the rest from an archive");
      }
      return new Range(new RangeSource(topic, eventTime, ranges));
    }
  }

  private static void warnOfOpenTransactions(
      KafkaTopic topic,
      Map<Integer, Long> uncommitted,
      Map<Integer, Long> latest,
      Map<Integer, Long> wanted) {
    latest.forEach(
        (partition, end) -> {
          long all = uncommitted.getOrDefault(partition, end);
          if (end < all && wanted.getOrDefault(partition, 0L) >= end) {
            LOG.warn(
                "Partition {} of topic '{}' has a transaction open at offset {}: the range ends"
                    + " there, {} offsets before the partition's end.",
                partition,
                topic.name(),
                end,
                all - end);
          }
        });
  }

  /**
   * A live topic.
   *
   * <ul>
   *   <li>Output: unbounded.
   *   <li>Watermark: of each partition its newest event time less the out-of-orderness; the minimum
   *       over the partitions. It comes from the data alone. A partition from which nothing has
   *       come holds it until it has been idle: read to its end, and silent for a while. If all are
   *       idle, the newest rules. An unusable event time moves nothing; its record is dated by its
   *       own timestamp.
   *   <li>Order: kept within a partition.
   *   <li>Restart: from the offsets and the watermark of the checkpoint; without one, from the
   *       offsets that the group has committed ({@link LogPosition#place} sets them); without
   *       those, from the partition's start. Offsets are committed when a checkpoint is complete,
   *       never before. New partitions are read from their start on. A checkpoint holds the
   *       reader's settings too, the topic's properties with their secrets among them, and what
   *       goes on from it has them, whatever is said then.
   *   <li>Guarantee: at least once; after a failure, records since the last checkpoint come again.
   *       Of transactions, only what is committed is read.
   *   <li>Errors: brokers that go away are waited for; at a start without a checkpoint they must
   *       answer each question within 15 s. Where retention has deleted offsets before they were
   *       read, reading goes on at the oldest record, with a warning. A refused permission fails
   *       the bundle.
   * </ul>
   */
  public static final class Live extends PTransform<PBegin, PCollection<Batch<RawRecord>>> {
    private static final long serialVersionUID = 1L;

    private final KafkaTopic topic;
    private final EventTime eventTime;
    private final Duration outOfOrderness;
    private final Duration idleAfter;

    private Live(
        KafkaTopic topic, EventTime eventTime, Duration outOfOrderness, Duration idleAfter) {
      this.topic = topic;
      this.eventTime = eventTime;
      this.outOfOrderness = outOfOrderness;
      this.idleAfter = idleAfter;
    }

    /**
     * How much older than the newest record of its partition a record may be without being behind
     * the watermark, in event time; one minute if nothing is said.
     */
    public Live withOutOfOrderness(Duration outOfOrderness) {
      return new Live(topic, eventTime, outOfOrderness, idleAfter);
    }

    /**
     * How long a partition is silent, in processing time, before it holds the watermark no more;
     * one minute if nothing is said.
     */
    public Live withIdleAfter(Duration idleAfter) {
      return new Live(topic, eventTime, outOfOrderness, idleAfter);
    }

    @Override
    public PCollection<Batch<RawRecord>> expand(PBegin begin) {
      return begin.apply(
          "ReadTopic",
          Read.from(
              new LiveSource(
                  topic, eventTime, outOfOrderness.getMillis(), idleAfter.getMillis(), 0, 1)));
    }
  }

  /**
   * Offset ranges of a topic.
   *
   * <ul>
   *   <li>Output: bounded; ends when every partition is read up to its end, whether or not there is
   *       a record at it (compaction, transactions).
   *   <li>Order: none; ranges are read in parallel, large partitions in several parts.
   *   <li>Restart: a part is read again from its start. Nothing is committed.
   *   <li>Guarantee: every committed record of the range, once.
   *   <li>Errors: brokers that are away are waited for. Offsets that are gone, or a refused
   *       permission, fail the run.
   * </ul>
   */
  public static final class Range extends PTransform<PBegin, PCollection<Batch<RawRecord>>> {
    private static final long serialVersionUID = 1L;

    private final RangeSource source;

    private Range(RangeSource source) {
      this.source = source;
    }

    /** How many offsets it has; not every one need have a record. */
    public long offsets() {
      return source.offsets();
    }

    @Override
    public PCollection<Batch<RawRecord>> expand(PBegin begin) {
      return begin.apply("ReadRange", Read.from(source));
    }
  }
}
