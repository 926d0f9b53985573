package dev.millrace.transforms.deadletter;

import dev.millrace.transforms.record.RawRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.apache.beam.sdk.coders.DefaultCoder;

/**
 * A record that came too late for its window, untouched, and by how much. The same envelope as a
 * {@link DeadLetter}'s: its identity is (pipeline, origin of the record).
 *
 * @param record the record as it was read
 * @param pipeline the pipeline that it was meant for
 * @param eventTime when it happened
 * @param watermark the event time up to which everything was believed to be there
 */
@DefaultCoder(LateRecordCoder.class)
public record LateRecord(RawRecord record, String pipeline, Instant eventTime, Instant watermark) {

  public LateRecord {
    record = record.alone();
    Objects.requireNonNull(pipeline, "pipeline");
    Objects.requireNonNull(eventTime, "eventTime");
    Objects.requireNonNull(watermark, "watermark");
  }

  /** How far it was behind the watermark. */
  public Duration lateBy() {
    return Duration.between(eventTime, watermark);
  }
}
