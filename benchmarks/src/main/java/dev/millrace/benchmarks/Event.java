package dev.millrace.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Objects;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What the aggregation needs of a record; decoded by the same code in all variants. */
record Event(String region, BigDecimal value) {

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();

  Event {
    Objects.requireNonNull(region, "region");
    Objects.requireNonNull(value, "value");
  }

  /** Reads all of the payload, as a decoder that checks it has to. */
  static Event decode(byte @Nullable [] payload) {
    String region = null;
    BigDecimal value = null;
    try (JsonParser parser = JSON.createParser(Objects.requireNonNull(payload, "payload"))) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "region" -> region = parser.getText();
          case "value" -> value = parser.getDecimalValue();
          default -> parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Event(region, value);
  }
}
