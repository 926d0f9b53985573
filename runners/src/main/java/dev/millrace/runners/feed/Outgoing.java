package dev.millrace.runners.feed;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A record to be sent.
 *
 * @param key null if the line has none
 * @param value its bytes
 * @param eventMillis its event time, milliseconds since 1970
 * @param kind what it is to the feed
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on, never compared.
public record Outgoing(@Nullable String key, byte[] value, long eventMillis, Kind kind) {

  /** What a record is to the feed. */
  public enum Kind {
    ORIGINAL,
    LATE,
    DUPLICATE,
    MALFORMED,
    CONFLICTING
  }
}
