package dev.millrace.transforms.time;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the event time of a record is: the timestamp that its log has given it, or a field of its
 * payload. Sources date records and move their watermarks by it, decoders refuse what it calls
 * unusable.
 *
 * <p>An event time further ahead of the record's own timestamp than the tolerance is unusable: one
 * clock that is wrong by a year would close every window. It is never compared to this machine's
 * clock, or a replay would see other records than the first run did.
 */
public final class EventTime implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The first time that is accepted, of an event and of a record. */
  public static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:00Z");

  /** The first time that is accepted no more. */
  public static final Instant LATEST = Instant.parse("2100-01-01T00:00:00Z");

  /** What {@link #find} gives where there is no usable event time. */
  public static final long UNUSABLE = Long.MIN_VALUE;

  /** How far ahead of its record's timestamp an event may be, if nothing else is said. */
  public static final Duration DEFAULT_TOLERANCE = Duration.ofHours(1);

  private static final long EARLIEST_MILLIS = EARLIEST.toEpochMilli();
  private static final long LATEST_MILLIS = LATEST.toEpochMilli();

  private final @Nullable TimeField field;
  private final Duration tolerance;
  private final long toleranceMillis;

  private EventTime(@Nullable TimeField field, Duration tolerance) {
    if (tolerance.isNegative()) {
      throw new IllegalArgumentException("the tolerance is negative: " + tolerance);
    }
    this.field = field;
    this.tolerance = tolerance;
    this.toleranceMillis = tolerance.toMillis();
  }

  /** The record's own timestamp: Kafka's, or the modification time of the file. */
  public static EventTime ofRecord() {
    return new EventTime(null, DEFAULT_TOLERANCE);
  }

  /** The text of a top-level field of the JSON payload: ISO-8601 with an offset or Z. */
  public static EventTime ofField(String name) {
    return new EventTime(TimeField.named(name), DEFAULT_TOLERANCE);
  }

  /** The same with another tolerance. */
  public EventTime withTolerance(Duration tolerance) {
    return new EventTime(field, tolerance);
  }

  /** How far ahead of its record's timestamp an event may be. */
  public Duration tolerance() {
    return tolerance;
  }

  /** Whether records are dated by their own timestamps, which differ from delivery to delivery. */
  public boolean isOfRecord() {
    return field == null;
  }

  /** Whether it is the field of this name that dates records. */
  public boolean isOfField(String name) {
    return field != null && field.name().equals(name);
  }

  /**
   * The record's event time.
   *
   * @param payload its bytes
   * @param recordMillis its own timestamp, milliseconds since 1970
   * @return milliseconds since 1970, or {@link #UNUSABLE}
   */
  public long find(byte @Nullable [] payload, long recordMillis) {
    long millis = field == null ? recordMillis : field.millis(payload);
    return isAccepted(millis) && !isTooFarAhead(millis, recordMillis) ? millis : UNUSABLE;
  }

  /** What dates a record whose event time is unusable: its own timestamp, as far as accepted. */
  public static long fallback(long recordMillis) {
    return Math.min(Math.max(recordMillis, EARLIEST_MILLIS), LATEST_MILLIS - 1);
  }

  /** Whether an event is further ahead of its record than the tolerance. */
  public boolean isTooFarAhead(long eventMillis, long recordMillis) {
    return field != null && eventMillis - toleranceMillis > recordMillis;
  }

  /** Whether a time lies in the years 1970 to 2099. */
  public static boolean isAccepted(long millis) {
    return millis >= EARLIEST_MILLIS && millis < LATEST_MILLIS;
  }

  @Override
  public String toString() {
    return field == null ? "the record's timestamp" : "the field " + field.name();
  }
}
