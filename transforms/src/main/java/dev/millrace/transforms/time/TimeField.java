package dev.millrace.transforms.time;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Finds the time in a named top-level field of a JSON payload by a scan of its bytes, for those who
 * need the time of each record long before, or without, its decoding.
 *
 * <p>Of a payload that is one JSON object, the time is the one that a full parse and {@link
 * OffsetDateTime#parse(CharSequence)} would give. The scan judges nothing else: of a damaged
 * payload it tells the time of a field that it can still make out, and it never throws. Ordinary
 * names and times cost one pass and no allocation; escapes and rarer forms of ISO-8601 are left to
 * Jackson and java.time.
 */
public final class TimeField implements Serializable {
  /** Instead of a time: the payload has none in this field. */
  public static final long ABSENT = Long.MIN_VALUE;

  private static final long serialVersionUID = 1L;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION) // UTF-8, nothing else.
          .build();

  private final String name;

  /** What the name looks like in a payload, if that writes it without escapes. */
  private final byte[] plainName;

  private TimeField(String name) {
    this.name = name;
    // A backslash in a payload never stands for itself, so a name with one must not match as it is.
    // A quote in its place matches nothing: it would have ended the string.
    this.plainName = name.replace('\\', '"').getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The field of this name.
   *
   * @throws IllegalArgumentException if the name is blank, or has half of a surrogate pair
   */
  public static TimeField named(String name) {
    if (name.isBlank() || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
      throw new IllegalArgumentException("not the name of a field: \"" + name + "\"");
    }
    return new TimeField(name);
  }

  /** The field's name, without escapes. */
  public String name() {
    return name;
  }

  /**
   * The time in the payload's first top-level field of this name.
   *
   * @return milliseconds since 1970-01-01T00:00:00Z, rounded down; {@link #ABSENT} if there is no
   *     such field, its value is no string, or the string is no time
   */
  public long millis(byte @Nullable [] payload) {
    if (payload == null) {
      return ABSENT;
    }
    int mark = BYTE_ORDER_MARK.length;
    boolean marked = Arrays.mismatch(payload, BYTE_ORDER_MARK) == mark;
    int next = skipSpace(payload, marked ? mark : 0);
    if (at(payload, next) != '{') {
      return ABSENT;
    }
    do {
      int quote = skipSpace(payload, next + 1);
      if (at(payload, quote) != '"') {
        return ABSENT;
      }
      int nameEnd = endOfString(payload, quote + 1);
      int colon = skipSpace(payload, nameEnd + 1);
      if (at(payload, colon) != ':') {
        return ABSENT;
      }
      int value = skipSpace(payload, colon + 1);
      if (isName(payload, quote + 1, nameEnd)) {
        return at(payload, value) == '"' ? time(payload, value + 1) : ABSENT;
      }
      next = endOfValue(payload, value);
    } while (at(payload, next) == ',');
    return ABSENT;
  }

  private boolean isName(byte[] json, int from, int to) {
    int same = Arrays.mismatch(json, from, to, plainName, 0, plainName.length);
    if (same < 0) {
      return true;
    }
    // Up to an escape the names must be equal, so that only few need the slow comparison.
    return from + same < to && json[from + same] == '\\' && name.equals(unescaped(json, from, to));
  }

  private static int at(byte[] json, int i) {
    return i < json.length ? json[i] : -1;
  }

  private static int skipSpace(byte[] json, int from) {
    int i = from;
    while (i < json.length
        && (json[i] == ' ' || json[i] == '\n' || json[i] == '\r' || json[i] == '\t')) {
      i++;
    }
    return i;
  }

  /** Where the quote is that ends the string, or the payload's length or more if none does. */
  private static int endOfString(byte[] json, int from) {
    int i = from;
    while (i < json.length && json[i] != '"') {
      i += json[i] == '\\' ? 2 : 1;
    }
    return i;
  }

  /** Where the comma or bracket is that ends the value, or the payload's length or more. */
  private static int endOfValue(byte[] json, int from) {
    int depth = 0;
    int i = from;
    for (; i < json.length; i++) {
      byte b = json[i];
      if (b == '"') {
        i = endOfString(json, i + 1);
      } else if (b == '{' || b == '[') {
        depth++;
      } else if (depth == 0 && (b == ',' || b == '}' || b == ']')) {
        break;
      } else if (b == '}' || b == ']') {
        depth--;
      }
    }
    return i;
  }

  private static long time(byte[] json, int from) {
    int to = endOfString(json, from);
    if (to >= json.length) {
      return ABSENT; // Cut off: 08:00:00+02 may have been 08:00:00+02:30.
    }
    long micros = IsoTime.micros(json, from, to);
    if (micros != IsoTime.UNUSUAL) {
      return Math.floorDiv(micros, 1_000L);
    }
    String text = unescaped(json, from, to);
    if (text == null) {
      return ABSENT;
    }
    try {
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      return ABSENT; // No time, or one whose milliseconds don't fit into a long.
    }
  }

  /** The string whose content, without its quotes, is there; null if it isn't valid. */
  private static @Nullable String unescaped(byte[] json, int from, int to) {
    try (JsonParser parser = JSON.createParser(json, from - 1, to - from + 2)) {
      parser.nextToken();
      return parser.getText();
    } catch (IOException e) {
      return null;
    }
  }
}
