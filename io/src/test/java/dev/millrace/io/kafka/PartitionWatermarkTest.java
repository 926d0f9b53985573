package dev.millrace.io.kafka;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.util.Optional;
import org.apache.beam.sdk.io.kafka.KafkaRecord;
import org.apache.beam.sdk.io.kafka.KafkaTimestampType;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;

class PartitionWatermarkTest {
  private static final Instant NOON = Instant.parse("2026-05-26T12:00:00Z");
  private static final Duration MINUTE = Duration.standardMinutes(1);

  @Test
  void staysBehindTheNewestRecordAndNeverGoesBack() {
    PartitionWatermark watermark = new PartitionWatermark(Optional.empty(), MINUTE);
    assertThat(watermark.getWatermark(null), is(BoundedWindow.TIMESTAMP_MIN_VALUE));

    assertThat(watermark.getTimestampForRecord(null, at(NOON)), is(NOON));
    assertThat(watermark.getWatermark(null), is(NOON.minus(MINUTE)));

    Instant older = NOON.minus(Duration.standardHours(1));
    assertThat(watermark.getTimestampForRecord(null, at(older)), is(older));
    assertThat(watermark.getWatermark(null), is(NOON.minus(MINUTE)));
  }

  @Test
  void goesOnFromTheCheckpoint() {
    PartitionWatermark watermark = new PartitionWatermark(Optional.of(NOON), MINUTE);

    watermark.getTimestampForRecord(null, at(NOON.minus(MINUTE)));

    assertThat(watermark.getWatermark(null), is(NOON));
  }

  private static KafkaRecord<byte[], byte[]> at(Instant time) {
    return new KafkaRecord<>(
        "t", 0, 0, time.getMillis(), KafkaTimestampType.CREATE_TIME, null, null, null);
  }
}
