package dev.millrace.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Objects;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What deduplication and aggregation need of a record; decoded by the same code in all variants.
 *
 * @param payload what it was decoded from, kept for late ones
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares events.
record Event(String id, String region, BigDecimal value, byte[] payload) {

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();

  Event {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(region, "region");
    Objects.requireNonNull(value, "value");
  }

  /** Reads all of the payload, as a decoder that checks it has to. */
  static Event decode(byte @Nullable [] payload) {
    String id = null;
    String region = null;
    BigDecimal value = null;
    try (JsonParser parser = JSON.createParser(Objects.requireNonNull(payload, "payload"))) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "event_id" -> id = parser.getText();
          case "region" -> region = parser.getText();
          case "value" -> value = parser.getDecimalValue();
          default -> parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Event(id, region, value, payload);
  }
}
