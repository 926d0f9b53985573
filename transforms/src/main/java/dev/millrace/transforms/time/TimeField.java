package dev.millrace.transforms.time;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Month;
import java.time.OffsetDateTime;
import java.time.Year;
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
  private static final int SHORTEST_TIME = "2026-05-26T08:00:00Z".length();
  private static final int DAYS_FROM_MARCH_OF_YEAR_0_TO_1970 = 719_468;

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
    long millis = ordinaryTime(json, from, to);
    if (millis != ABSENT) {
      return millis;
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

  /**
   * The time if it is written as YYYY-MM-DDTHH:MM:SS, a fraction of up to nine digits or none, and
   * Z, +HH:MM or -HH:MM. ABSENT says no more than that another reader must decide.
   */
  private static long ordinaryTime(byte[] json, int from, int to) {
    if (to - from < SHORTEST_TIME
        || json[from + 4] != '-'
        || json[from + 7] != '-'
        || json[from + 10] != 'T'
        || json[from + 13] != ':'
        || json[from + 16] != ':') {
      return ABSENT;
    }
    int year = number(json, from, 4, 9999);
    int month = number(json, from + 5, 2, 12);
    int day = number(json, from + 8, 2, 31);
    int hour = number(json, from + 11, 2, 23);
    int minute = number(json, from + 14, 2, 59);
    int second = number(json, from + 17, 2, 59);
    if ((hour | minute | second) < 0
        || year < 1
        || month < 1
        || day < 1
        || day > Month.of(month).length(Year.isLeap(year))) {
      return ABSENT;
    }
    int zone = from + 19;
    int millis = 0;
    if (json[zone] == '.') {
      int fraction = ++zone;
      for (int weight = 100; isDigit(json[zone]); weight /= 10) { // A quote ends it at last.
        millis += weight * (json[zone++] - '0');
      }
      if (zone == fraction || zone > fraction + 9) {
        return ABSENT;
      }
    }
    int offset = 0;
    if (to - zone == 6 && (json[zone] == '+' || json[zone] == '-') && json[zone + 3] == ':') {
      int hours = number(json, zone + 1, 2, 17); // Java has no offsets beyond 18:00.
      int minutes = number(json, zone + 4, 2, 59);
      if ((hours | minutes) < 0) {
        return ABSENT;
      }
      offset = (json[zone] == '-' ? -1 : 1) * (hours * 60 + minutes);
    } else if (to - zone != 1 || json[zone] != 'Z') {
      return ABSENT;
    }
    long minutes = (epochDay(year, month, day) * 24 + hour) * 60 + minute - offset;
    return (minutes * 60 + second) * 1_000 + millis;
  }

  /**
   * Days since 1970-01-01, of a year after 0. Counted in years from March on: a leap day is the
   * last of its year.
   */
  private static long epochDay(int year, int month, int day) {
    int y = month > 2 ? year : year - 1;
    int dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return 365L * y + y / 4 - y / 100 + y / 400 + dayOfYear - DAYS_FROM_MARCH_OF_YEAR_0_TO_1970;
  }

  /** The number in so many decimal digits, or -1 if there is anything else or more than allowed. */
  private static int number(byte[] json, int from, int digits, int most) {
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      if (!isDigit(json[i])) {
        return -1;
      }
      number = number * 10 + json[i] - '0';
    }
    return number <= most ? number : -1;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
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
