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
 * <p>The arrays are shared, not copied: nobody may change them. A record that has come through a
 * coder stays as bytes until somebody asks for a field, which most steps never do.
 */
@DefaultCoder(RawRecordCoder.class)
public final class RawRecord {
  /** With others, if it has come through a coder: its fields are those from {@link #from}. */
  private final byte @Nullable [] encoded;

  private final int from;
  private final int to;
  private @Nullable Fields fields; // Made twice if two threads ask at once, which does no harm.

  @SuppressWarnings("ArrayRecordComponent") // Exact bytes; compared by RawRecord.
  record Fields(
      byte @Nullable [] key,
      byte @Nullable [] value,
      List<Header> headers,
      Origin origin,
      Instant loadedAt) {

    Fields {
      headers = List.copyOf(headers);
      Objects.requireNonNull(origin, "origin");
      Objects.requireNonNull(loadedAt, "loadedAt");
    }
  }

  /**
   * A record.
   *
   * @param key the record's key; null if it has none
   * @param value the payload; null for a Kafka tombstone
   * @param headers in the order of the record; empty for files
   * @param origin where it was read
   * @param loadedAt when the record entered its log, to the millisecond: the Kafka timestamp, or
   *     the file's modification time. Never the clock of this machine, so that a second run sees
   *     the same
   */
  public RawRecord(
      byte @Nullable [] key,
      byte @Nullable [] value,
      List<Header> headers,
      Origin origin,
      Instant loadedAt) {
    this.encoded = null;
    this.from = 0;
    this.to = 0;
    this.fields = new Fields(key, value, headers, origin, loadedAt);
  }

  /** One whose fields {@link RawRecordCoder#fields} reads when they are asked for. */
  RawRecord(byte[] encoded, int from, int to) {
    this.encoded = encoded;
    this.from = from;
    this.to = to;
  }

  /** Whether it has come through a coder, and {@link #copyTo} can be used. */
  boolean isEncoded() {
    return encoded != null;
  }

  void copyTo(FieldWriter out) {
    out.write(encoded, from, to - from);
  }

  /**
   * The same record, for those who keep it: one that has come through a shuffle among others holds
   * the bytes of all of them.
   */
  public RawRecord alone() {
    return encoded == null || to - from == encoded.length
        ? this
        : new RawRecord(Arrays.copyOfRange(encoded, from, to), 0, to - from);
  }

  private Fields fields() {
    Fields its = fields;
    if (its == null) {
      its = RawRecordCoder.fields(encoded, from, to);
      fields = its;
    }
    return its;
  }

  /** The record's key; null if it has none. */
  public byte @Nullable [] key() {
    return fields().key();
  }

  /** The payload; null for a Kafka tombstone. */
  public byte @Nullable [] value() {
    return fields().value();
  }

  /** The headers, in the order of the record; empty for files. */
  public List<Header> headers() {
    return fields().headers();
  }

  /** Where it was read. */
  public Origin origin() {
    return fields().origin();
  }

  /** When it entered its log, to the millisecond. */
  public Instant loadedAt() {
    return fields().loadedAt();
  }

  /** The number of bytes of the payload; 0 if there is none. */
  public int valueBytes() {
    byte[] value = value();
    return value == null ? 0 : value.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RawRecord that
        && Arrays.equals(key(), that.key())
        && Arrays.equals(value(), that.value())
        && headers().equals(that.headers())
        && origin().equals(that.origin())
        && loadedAt().equals(that.loadedAt());
  }

  @Override
  public int hashCode() {
    return origin().hashCode();
  }

  /** The origin and the size only: a payload may hold personal data. */
  @Override
  public String toString() {
    return "RawRecord["
        + origin()
        + ", "
        + (value() == null ? "no value" : valueBytes() + " B")
        + "]";
  }
}
