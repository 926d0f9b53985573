package dev.millrace.runners.repair;

import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.LogPosition;
import dev.millrace.io.kafka.LogRetention;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.kafka.common.KafkaException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a topic still has of the past.
 *
 * @param before how long before it happens a record may enter the topic
 * @param after how long after
 */
public record LoggedTopic(KafkaTopic topic, EventTime eventTime, Duration before, Duration after)
    implements PastSource {

  @Override
  public Extent extent(TimeRange range) {
    if (range.equals(TimeRange.ALWAYS)) {
      return new Extent("topic " + topic.name(), null, null);
    }
    TimeRange read = range.widened(before, after);
    return new Extent("topic " + topic.name() + ", " + read, read.start(), read.end());
  }

  /** The partitions that may have lost records of a range. */
  List<Integer> partitionsWithout(TimeRange range) {
    return LogRetention.partitionsWithout(topic, since(range));
  }

  private Instant since(TimeRange range) {
    return range.equals(TimeRange.ALWAYS) ? Instant.EPOCH : range.widened(before, after).start();
  }

  /** What is missing, for the user. */
  String lost(TimeRange range, List<Integer> partitions) {
    return "topic '%s' may have lost records since %s: its retention has deleted the start of partition %s"
        .formatted(
            topic.name(),
            range.equals(TimeRange.ALWAYS) ? "its start" : since(range).toString(),
            String.join(", ", partitions.stream().map(String::valueOf).toList()));
  }

  @Override
  public PTransform<PBegin, PCollection<Batch<RawRecord>>> open(TimeRange range) {
    List<Integer> without = partitionsWithout(range);
    if (!without.isEmpty()) {
      throw new KafkaException(lost(range, without));
    }
    return range.equals(TimeRange.ALWAYS)
        ? KafkaRecords.range(topic, eventTime, LogPosition.earliest(), LogPosition.latest())
        : KafkaRecords.range(
            topic,
            eventTime,
            LogPosition.timestamp(since(range)),
            LogPosition.timestamp(range.widened(before, after).end()));
  }

  /** Complete when a record has come that is newer than what may still come of the range. */
  @Override
  public @Nullable String lacks(TimeRange range) {
    Instant end = range.widened(before, after).end();
    return LogRetention.reaches(topic, end)
        ? null
        : "topic '%s' has no record of %s or later: more of %s may come"
            .formatted(topic.name(), end, range);
  }

  @Override
  public boolean isLog() {
    return true;
  }
}
