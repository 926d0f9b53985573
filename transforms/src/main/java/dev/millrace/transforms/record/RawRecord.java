package dev.millrace.transforms.record;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A record exactly as its source delivered it. Its event time is the timestamp of the Beam element
 * that carries it.
 *
 * <p>The arrays are shared, not copied: nobody may change them.
 *
 * @param key the record's key; null if it has none
 * @param value the payload; null for a Kafka tombstone
 * @param headers in the order of the record; empty for files
 * @param origin where it was read
 * @param loadedAt when the record entered its log, to the millisecond: the Kafka timestamp, or the
 *     file's modification time. Never the clock of this machine, so that a second run sees the same
 */
@DefaultCoder(RawRecordCoder.class)
@SuppressWarnings("ArrayRecordComponent") // Exact bytes; equality is by content, below.
public record RawRecord(
    byte @Nullable [] key,
    byte @Nullable [] value,
    List<Header> headers,
    Origin origin,
    Instant loadedAt) {

  public RawRecord {
    headers = List.copyOf(headers);
    Objects.requireNonNull(origin, "origin");
    Objects.requireNonNull(loadedAt, "loadedAt");
  }

  /** The number of bytes of the payload; 0 if there is none. */
  public int valueBytes() {
    return value == null ? 0 : value.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RawRecord that
        && Arrays.equals(key, that.key)
        && Arrays.equals(value, that.value)
        && headers.equals(that.headers)
        && origin.equals(that.origin)
        && loadedAt.equals(that.loadedAt);
  }

  @Override
  public int hashCode() {
    return origin.hashCode();
  }

  /** The origin and the size only: a payload may hold personal data. */
  @Override
  public String toString() {
    return "RawRecord[" + origin + ", " + (value == null ? "no value" : value.length + " B") + "]";
  }
}
