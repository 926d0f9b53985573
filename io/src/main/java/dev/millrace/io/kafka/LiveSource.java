package dev.millrace.io.kafka;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchCoder;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.io.UnboundedSource;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A live topic, or the part of it that one reader reads: the partitions whose number leaves {@code
 * split} when divided by {@code splits}, so that new partitions have a reader, too. One reader with
 * several partitions, not one for each: a split that has told nothing yet doesn't hold Flink's
 * watermark.
 */
final class LiveSource extends UnboundedSource<Batch<RawRecord>, LiveMark> {
  private static final long serialVersionUID = 1L;

  private final KafkaTopic topic;
  private final EventTime eventTime;
  private final long outOfOrdernessMillis;
  private final long idleAfterMillis;
  private final int split;
  private final int splits;

  LiveSource(
      KafkaTopic topic,
      EventTime eventTime,
      long outOfOrdernessMillis,
      long idleAfterMillis,
      int split,
      int splits) {
    this.topic = topic;
    this.eventTime = eventTime;
    this.outOfOrdernessMillis = outOfOrdernessMillis;
    this.idleAfterMillis = idleAfterMillis;
    this.split = split;
    this.splits = splits;
  }

  @Override
  public List<LiveSource> split(int desired, PipelineOptions options) {
    int partitions;
    try (TopicOffsets offsets = new TopicOffsets(topic)) {
      partitions = offsets.earliest().size();
    }
    int count = Math.max(1, Math.min(desired, partitions));
    List<LiveSource> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(new LiveSource(topic, eventTime, outOfOrdernessMillis, idleAfterMillis, i, count));
    }
    return parts;
  }

  @Override
  public LiveReader createReader(PipelineOptions options, @Nullable LiveMark mark) {
    return new LiveReader(this, mark);
  }

  @Override
  public Coder<LiveMark> getCheckpointMarkCoder() {
    return LiveMarkCoder.of();
  }

  @Override
  public Coder<Batch<RawRecord>> getOutputCoder() {
    return BatchCoder.of(RawRecordCoder.of());
  }

  KafkaTopic topic() {
    return topic;
  }

  EventTime eventTime() {
    return eventTime;
  }

  long outOfOrdernessMillis() {
    return outOfOrdernessMillis;
  }

  long idleAfterMillis() {
    return idleAfterMillis;
  }

  /** Whether the partition is one of this part. */
  boolean reads(int partition) {
    return partition % splits == split;
  }

  @Override
  public String toString() {
    return topic + ", part " + (split + 1) + " of " + splits;
  }
}
