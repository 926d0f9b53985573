package dev.millrace.io.kafka;

import dev.millrace.transforms.record.RawRecord;
import java.util.Arrays;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Records that follow each other in one partition: what the sources yield as one element, since
 * Beam's Flink runner spends on each element of a source more than on a record (ADR 8).
 *
 * @param records none in one that only keeps the live reader awake
 * @param eventMillis the event time of each, milliseconds since 1970
 */
@SuppressWarnings("ArrayRecordComponent") // On the hot path; equality is by content, below.
record RecordBatch(List<RawRecord> records, long[] eventMillis) {

  /** The oldest event time in it. */
  long minEventMillis() {
    long min = Long.MAX_VALUE;
    for (long each : eventMillis) {
      min = Math.min(min, each);
    }
    return min;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RecordBatch that
        && records.equals(that.records)
        && Arrays.equals(eventMillis, that.eventMillis);
  }

  @Override
  public int hashCode() {
    return records.hashCode();
  }

  @Override
  public String toString() {
    return "RecordBatch["
        + records.size()
        + (records.isEmpty() ? "" : " from " + records.get(0).origin())
        + "]";
  }
}
