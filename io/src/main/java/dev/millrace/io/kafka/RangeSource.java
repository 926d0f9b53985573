package dev.millrace.io.kafka;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchCoder;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.io.BoundedSource;
import org.apache.beam.sdk.options.PipelineOptions;

/** Offset ranges of a topic. */
final class RangeSource extends BoundedSource<Batch<RawRecord>> {
  private static final long serialVersionUID = 1L;

  /** Records differ in size; only the number of parts depends on it. */
  private static final long ESTIMATED_RECORD_BYTES = 200;

  /** A part has a consumer of its own, which must be worth it. */
  private static final long MIN_PART_OFFSETS = 1_000;

  private final KafkaTopic topic;
  private final EventTime eventTime;
  private final List<OffsetRange> ranges;

  RangeSource(KafkaTopic topic, EventTime eventTime, List<OffsetRange> ranges) {
    this.topic = topic;
    this.eventTime = eventTime;
    this.ranges = List.copyOf(ranges);
  }

  @Override
  public long getEstimatedSizeBytes(PipelineOptions options) {
    return offsets() * ESTIMATED_RECORD_BYTES;
  }

  @Override
  public List<RangeSource> split(long desiredBundleSizeBytes, PipelineOptions options) {
    if (ranges.isEmpty()) {
      return List.of(this);
    }
    long parts =
        Math.max(
            1,
            Math.round(
                (double) getEstimatedSizeBytes(options) / Math.max(1, desiredBundleSizeBytes)));
    long offsetsPerPart = Math.max(MIN_PART_OFFSETS, (offsets() + parts - 1) / parts);
    return OffsetRange.cut(ranges, offsetsPerPart).stream()
        .map(part -> new RangeSource(topic, eventTime, part))
        .toList();
  }

  @Override
  public RangeReader createReader(PipelineOptions options) {
    return new RangeReader(this);
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

  List<OffsetRange> ranges() {
    return ranges;
  }

  /** How many offsets the ranges have, all together. */
  long offsets() {
    return ranges.stream().mapToLong(OffsetRange::size).sum();
  }

  @Override
  public String toString() {
    return topic + ", " + ranges;
  }
}
