package dev.millrace.io.kafka;

import dev.millrace.transforms.decode.JsonPayload;
import java.util.Optional;
import org.apache.beam.sdk.io.kafka.KafkaRecord;
import org.apache.beam.sdk.io.kafka.TimestampPolicy;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * A partition's watermark: its newest event time less the out-of-orderness, from the data alone.
 * Beam's own policy moves it with the machine's clock when a partition is drained, which closes
 * every day of a history that is fed in parts.
 *
 * <p>A timestamp outside of the years 1970 to 2099 moves nothing; its record is dated by the
 * watermark, and becomes a dead letter when it is decoded.
 */
final class PartitionWatermark extends TimestampPolicy<byte[], byte[]> {
  private static final Instant EARLIEST = joda(JsonPayload.EARLIEST);
  private static final Instant LATEST = joda(JsonPayload.LATEST);

  private final Duration outOfOrderness;
  private Instant watermark;

  PartitionWatermark(Optional<Instant> previous, Duration outOfOrderness) {
    this.watermark = previous.orElse(BoundedWindow.TIMESTAMP_MIN_VALUE);
    this.outOfOrderness = outOfOrderness;
  }

  @Override
  public Instant getTimestampForRecord(
      PartitionContext context, KafkaRecord<byte[], byte[]> record) {
    Instant time = Instant.ofEpochMilli(record.getTimestamp());
    if (time.isBefore(EARLIEST) || !time.isBefore(LATEST)) {
      return watermark.isBefore(EARLIEST) ? EARLIEST : watermark;
    }
    Instant reached = time.minus(outOfOrderness);
    if (reached.isAfter(watermark)) {
      watermark = reached;
    }
    return time;
  }

  private static Instant joda(java.time.Instant time) {
    return Instant.ofEpochMilli(time.toEpochMilli());
  }

  @Override
  public Instant getWatermark(PartitionContext context) {
    return watermark;
  }
}
