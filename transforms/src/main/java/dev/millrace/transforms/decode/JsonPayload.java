package dev.millrace.transforms.decode;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.IsoTime;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads the top-level fields of a payload that must be one JSON object (RFC 8259, UTF-8), with the
 * checks that any of our tables needs: text that PostgreSQL can store, exact decimals of bounded
 * size, times between 1970 and 2100. What fails is an {@link InvalidRecordException} that names the
 * field.
 */
public final class JsonPayload {
  /** Longest payload, in bytes. A longer one is more likely a mistake than a record. */
  public static final int MAX_BYTES = 1 << 20;

  /** Longest text, in characters: an index entry of PostgreSQL must stay below 2,704 bytes. */
  public static final int MAX_TEXT = 512;

  /** Most digits of a decimal before its point. */
  public static final int MAX_INTEGER_DIGITS = 20;

  /** Most digits of a decimal after its point. */
  public static final int MAX_FRACTION_DIGITS = 18;

  /**
   * Fewest digits of a decimal after its point, so that equal amounts look equal: 22.2 is 22.20.
   */
  public static final int MIN_FRACTION_DIGITS = 2;

  private static final Duration FOREVER = Duration.ofDays(365_000);
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
  private static final int MAX_QUOTE = 40;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS) // To say what is wrong with NaN.
          .disable(JsonFactory.Feature.CHARSET_DETECTION) // UTF-8, nothing else.
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION) // No payload in messages.
          .build();

  private JsonPayload() {}

  /** Is told of each top-level field; reads its value if it wants it. */
  @FunctionalInterface
  public interface Fields {
    void field(String name, Value value) throws InvalidRecordException, IOException;
  }

  /**
   * Calls {@code fields} for each top-level field, in the order of the payload. Of a field that
   * occurs twice, the caller sees both.
   *
   * @throws InvalidRecordException if the payload isn't one JSON object, or {@code fields} says so
   */
  public static void read(RawRecord record, Fields fields) throws InvalidRecordException {
    byte[] payload = record.value();
    if (payload == null) {
      throw new InvalidRecordException("empty", "the record has no value (a tombstone)");
    }
    if (payload.length > MAX_BYTES) {
      throw new InvalidRecordException(
          "too_large",
          "the record is "
              + payload.length
              + " bytes long; at most "
              + MAX_BYTES
              + " are accepted");
    }
    if (!EventTime.isAccepted(record.loadedAt().toEpochMilli())) {
      throw new InvalidRecordException(
          "out_of_range",
          "the record's own timestamp is "
              + record.loadedAt()
              + ", outside of the years 1970 to 2099: is it in milliseconds?");
    }
    checkUtf8(payload);
    int start = startsWithByteOrderMark(payload) ? BYTE_ORDER_MARK.length : 0;
    try (JsonParser parser = JSON.createParser(payload, start, payload.length - start)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new InvalidRecordException("empty", "the record is empty");
      }
      if (first != JsonToken.START_OBJECT) {
        throw new InvalidRecordException(
            "malformed_json", "the record is " + describe(first) + ", not a JSON object");
      }
      Value value = new Value(parser);
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        value.name = parser.currentName();
        parser.nextToken();
        fields.field(value.name, value);
        parser.skipChildren();
      }
      if (parser.nextToken() != null) {
        throw new InvalidRecordException(
            "malformed_json", "something follows the JSON object; one record is one object");
      }
    } catch (JsonEOFException e) {
      throw new InvalidRecordException(
          "malformed_json", "the JSON is cut off after " + payload.length + " bytes");
    } catch (JsonProcessingException e) {
      throw new InvalidRecordException(
          "malformed_json",
          "not valid JSON at byte "
              + Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset())
              + ": "
              + e.getOriginalMessage());
    } catch (IOException e) {
      throw new InvalidRecordException("malformed_json", "not readable as JSON: " + e.getMessage());
    }
  }

  /** The value of the field at hand; valid only during the call. */
  public static final class Value {
    private final JsonParser parser;
    private String name = "";

    private Value(JsonParser parser) {
      this.parser = parser;
    }

    /** The text, or null for JSON's null. */
    public @Nullable String text() throws InvalidRecordException, IOException {
      if (parser.currentToken() == JsonToken.VALUE_NULL) {
        return null;
      }
      expect(JsonToken.VALUE_STRING, "a string");
      String text = parser.getText();
      if (text.length() > MAX_TEXT) {
        throw new InvalidRecordException(
            "out_of_range",
            name + " is " + text.length() + " characters long; at most " + MAX_TEXT + " are kept");
      }
      checkStorable(text);
      return text;
    }

    /**
     * The exact decimal, or null for JSON's null. Its scale depends on its value only: as small as
     * possible, but at least {@value #MIN_FRACTION_DIGITS}.
     */
    public @Nullable BigDecimal decimal() throws InvalidRecordException, IOException {
      JsonToken token = parser.currentToken();
      if (token == JsonToken.VALUE_NULL) {
        return null;
      }
      if (token != JsonToken.VALUE_NUMBER_INT) {
        expect(JsonToken.VALUE_NUMBER_FLOAT, "a number");
        if (parser.isNaN()) {
          throw new InvalidRecordException(
              "out_of_range", name + " is " + parser.getText() + ", not a finite number");
        }
      }
      BigDecimal number = parser.getDecimalValue();
      if (number.scale() == MIN_FRACTION_DIGITS && number.precision() <= MAX_INTEGER_DIGITS) {
        return number;
      }
      if (number.signum() == 0) {
        return BigDecimal.ZERO.setScale(MIN_FRACTION_DIGITS);
      }
      // Judged before any digit is written out: 1e999999999 is short as long as nobody expands it.
      long integerDigits = (long) number.precision() - number.scale();
      if (integerDigits > MAX_INTEGER_DIGITS) {
        throw tooLarge();
      }
      BigDecimal shortest = number.stripTrailingZeros();
      if (shortest.scale() > MAX_FRACTION_DIGITS) {
        throw tooLarge();
      }
      return shortest.setScale(Math.max(MIN_FRACTION_DIGITS, shortest.scale()));
    }

    /** The time of an ISO-8601 text with an offset or Z, cut to microseconds, or null. */
    public @Nullable Instant instant() throws InvalidRecordException, IOException {
      String text = text();
      if (text == null) {
        return null;
      }
      Instant time;
      try {
        time = time(text);
      } catch (DateTimeException e) {
        throw new InvalidRecordException(
            "out_of_range",
            name
                + " is "
                + quote(text)
                + ", not a time like 2026-05-26T08:00:01Z (ISO-8601, with its offset or Z)");
      }
      if (!EventTime.isAccepted(time.toEpochMilli())) {
        throw new InvalidRecordException(
            "out_of_range", name + " is " + quote(text) + ", outside of the years 1970 to 2099");
      }
      return time.truncatedTo(ChronoUnit.MICROS);
    }

    private static Instant time(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1); // No time has anything else.
      long micros = IsoTime.micros(bytes, 0, bytes.length);
      return micros == IsoTime.UNUSUAL
          ? OffsetDateTime.parse(text).toInstant()
          : Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private InvalidRecordException tooLarge() throws IOException {
      return new InvalidRecordException(
          "out_of_range",
          name
              + " is "
              + quote(parser.getText())
              + "; at most "
              + MAX_INTEGER_DIGITS
              + " digits before and "
              + MAX_FRACTION_DIGITS
              + " after the decimal point are kept exactly");
    }

    private void expect(JsonToken wanted, String description) throws InvalidRecordException {
      if (parser.currentToken() != wanted) {
        throw new InvalidRecordException(
            "wrong_type",
            name + " is " + describe(parser.currentToken()) + ", wanted " + description);
      }
    }

    private void checkStorable(String text) throws InvalidRecordException {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == 0) {
          throw new InvalidRecordException(
              "out_of_range", name + " contains a null character, which PostgreSQL can't store");
        }
        if (Character.isSurrogate(c)) {
          if (Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1))) {
            i++;
          } else {
            throw new InvalidRecordException(
                "not_utf8", name + " contains half of a surrogate pair, which is no character");
          }
        }
      }
    }
  }

  /** The required value. */
  public static <T> T required(String name, @Nullable T value) throws InvalidRecordException {
    if (value == null || (value instanceof String text && text.isBlank())) {
      throw new InvalidRecordException("missing_field", name + " is missing, null or blank");
    }
    return value;
  }

  /**
   * Refuses a field that may stand only once in a payload, such as the one that dates it.
   *
   * @param before whether it was read before
   * @return true, to be given the next time
   */
  public static boolean once(String name, boolean before) throws InvalidRecordException {
    if (before) {
      throw new InvalidRecordException("malformed_json", name + " stands twice in the record");
    }
    return true;
  }

  /**
   * The required event time of a record.
   *
   * @param rule by which the source has dated the record
   * @throws InvalidRecordException if there is none, or if what dates the record is missing, no
   *     time, or further ahead of the record's own timestamp than {@code rule} allows
   */
  public static Instant requiredEventTime(
      String name, @Nullable Instant time, RawRecord record, EventTime rule)
      throws InvalidRecordException {
    Instant given = required(name, time);
    if (!rule.isOfField(name)) {
      checkDated(record, rule);
    } else if (rule.isTooFarAhead(given.toEpochMilli(), record.loadedAt().toEpochMilli())) {
      throw new InvalidRecordException(
          "in_the_future",
          name
              + " is "
              + given
              + ", more than "
              + rule.tolerance()
              + " ahead of the record's own timestamp, "
              + record.loadedAt());
    }
    return given;
  }

  private static void checkDated(RawRecord record, EventTime rule) throws InvalidRecordException {
    long loadedAt = record.loadedAt().toEpochMilli();
    if (rule.find(record.value(), loadedAt) != EventTime.UNUSABLE) {
      return;
    }
    if (rule.withTolerance(FOREVER).find(record.value(), loadedAt) != EventTime.UNUSABLE) {
      throw new InvalidRecordException(
          "in_the_future",
          rule
              + " is more than "
              + rule.tolerance()
              + " ahead of the record's own timestamp, "
              + record.loadedAt());
    }
    throw new InvalidRecordException("missing_field", rule + " is missing, or no usable time");
  }

  private static boolean startsWithByteOrderMark(byte[] payload) {
    return payload.length >= BYTE_ORDER_MARK.length
        && Arrays.equals(
            payload, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
  }

  private static void checkUtf8(byte[] payload) throws InvalidRecordException {
    int i = 0;
    while (i + Long.BYTES <= payload.length && ((long) LONG.get(payload, i) & NOT_ASCII) == 0) {
      i += Long.BYTES;
    }
    while (i < payload.length && payload[i] >= 0) {
      i++;
    }
    if (i == payload.length) {
      return;
    }
    ByteBuffer rest = ByteBuffer.wrap(payload);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(rest);
    } catch (CharacterCodingException e) {
      throw new InvalidRecordException(
          "not_utf8", "not valid UTF-8 at byte " + rest.position() + " of " + payload.length);
    }
  }

  private static String describe(@Nullable JsonToken token) {
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean";
      case VALUE_NULL -> "null";
      default -> token.toString();
    };
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < Math.min(text.length(), MAX_QUOTE); i++) {
      char c = text.charAt(i);
      quoted.append(c < ' ' ? '?' : c);
    }
    return quoted.append(text.length() > MAX_QUOTE ? "...\"" : "\"").toString();
  }
}
