package dev.millrace.transforms.time;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.decode.JsonPayload;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeFieldTest {
  private static final String EIGHT = "2026-05-26T08:00:00Z";
  private static final long EIGHT_MILLIS = Instant.parse(EIGHT).toEpochMilli();
  private static final long START_OF_1970 = 0;
  private static final long START_OF_2100 = Instant.parse("2100-01-01T00:00:00Z").toEpochMilli();

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();

  @ParameterizedTest
  @CsvSource({
    "2026-05-26T08:00:00Z,               2026-05-26T08:00:00Z",
    "2026-05-26T10:00:00+02:00,          2026-05-26T08:00:00Z",
    "2026-05-25T20:30:00-11:30,          2026-05-26T08:00:00Z",
    "2026-05-26T08:00:00-00:00,          2026-05-26T08:00:00Z",
    "2026-05-27T02:00:00+18:00,          2026-05-26T08:00:00Z",
    "2026-05-26T08:00:00.5Z,             2026-05-26T08:00:00.500Z",
    "2026-05-26T08:00:00.067Z,           2026-05-26T08:00:00.067Z",
    "2026-05-26T08:00:00.999999999Z,     2026-05-26T08:00:00.999Z",
    "2026-05-26T10:00:00.123456+02:00,   2026-05-26T08:00:00.123Z",
    "1969-12-31T23:59:59.9995Z,          1969-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00Z,               1970-01-01T00:00:00Z",
    "2024-02-29T23:59:59Z,               2024-02-29T23:59:59Z",
    "2000-02-29T00:00:00Z,               2000-02-29T00:00:00Z",
    "9999-12-31T23:59:59Z,               9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z,               0001-01-01T00:00:00Z",
  })
  void timesInTheOrdinaryFormAreRead(String text, String expected) {
    assertThat(timeOf(text), is(Instant.parse(expected).toEpochMilli()));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-05-26T08:00Z,                  2026-05-26T08:00:00Z",
    "2026-05-26t08:00:00z,               2026-05-26T08:00:00Z",
    "2026-05-26T08:00:00.Z,              2026-05-26T08:00:00Z",
    "2026-05-26T10:00:00+02,             2026-05-26T08:00:00Z",
    "2026-05-26T10:00:30+02:00:30,       2026-05-26T08:00:00Z",
    "+12026-05-26T08:00:00Z,             +12026-05-26T08:00:00Z",
    "+02026-05-26T08:00:00Z,             2026-05-26T08:00:00Z",
    "0000-02-29T00:00:00Z,               0000-02-29T00:00:00Z",
    "-0044-03-15T11:00:00Z,              -0044-03-15T11:00:00Z",
    "2026-05-26T08:00:00\\u005a,         2026-05-26T08:00:00Z",
    "\\u0032026-05-26T08:00:00.25Z,      2026-05-26T08:00:00.250Z",
  })
  void rareFormsThatJavaAcceptsAreRead(String text, String expected) {
    assertThat(timeOf(text), is(Instant.parse(expected).toEpochMilli()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Z",
        "soon",
        "2026-05-26",
        "2026-05-26T08:00:00",
        "2026-05-26 08:00:00Z",
        "2026/05/26T08:00:00Z",
        "2026-00-26T08:00:00Z",
        "2026-13-26T08:00:00Z",
        "2026-05-00T08:00:00Z",
        "2026-05-32T08:00:00Z",
        "2026-04-31T08:00:00Z",
        "2026-02-29T08:00:00Z",
        "1900-02-29T08:00:00Z",
        "2026-05-26T24:00:00Z",
        "2026-05-26T08:60:00Z",
        "2026-05-26T08:00:60Z",
        "2026-05-26T08:00:00.1234567890Z",
        "2026-05-26T08:00:00.5",
        "2026-05-26T08:00:00,5Z",
        "2026-05-26T08:00:00ZZ",
        "2026-05-26T08:00:00Z ",
        "2026-05-26T08:00:00+02:60",
        "2026-05-26T08:00:00+18:01",
        "2026-05-26T08:00:00+0200",
        "2026-05-26T08:00:00*02:00",
        "2026-05-26T08:00:00+02:00[Europe/Berlin]",
        "+999999999-12-31T23:59:59-18:00",
        "2026-05-26T08:00:00\\n",
        "2026-05-26T08:00:0\\u00e9Z",
        "2026-05-26T08:00:0\u0660Z",
        "\\x",
        "\\u00",
      })
  void whatIsNoTimeIsAbsent(String text) {
    assertThat(timeOf(text), is(TimeField.ABSENT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "true", "1779782400000", "[\"@\"]", "{\"event_time\": \"@\"}"})
  void valueThatIsNoStringIsAbsent(String value) {
    assertThat(millis("{'event_time': " + json(value) + "}"), is(TimeField.ABSENT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'event_time':'@'}",
        "{'event_time':'@','a':1,'b':[]}",
        "{'a':1,'event_time':'@','b':2}",
        "{'a':null,'b':-1.5e+7,'c':true,'event_time':'@'}",
        " \t\r\n{ \t\r\n'a' \t\r\n: \t\r\n1 \t\r\n, \t\r\n'event_time'\t:\n'@' \t\r\n} \t\r\n",
        "{'':'','event_time':'@'}",
        "{'grün':'Straße 😀','event_time':'@'}",
      })
  void fieldIsFoundWhereverItStands(String payload) {
    assertThat(millis(payload), is(EIGHT_MILLIS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'a\\\\'",
        "'\\\\\\\\'",
        "'\\'event_time\\':\\'no\\''",
        "'},{[\\','",
        "'\\\\\\','",
        "'\\u0022\\u005c'",
        "'\\/\\b\\f\\n\\r\\t'",
        "{'a':'}\\'}'}",
        "[']\\\\',[{'a':[]}],'[']",
      })
  void quotesAndBracketsInStringsBeforeTheFieldEndNothing(String value) {
    assertThat(millis("{'a':" + value + ",'event_time':'@'}"), is(EIGHT_MILLIS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'a':{'event_time':'2001-01-01T00:00:00Z'}",
        "{'a':[{'event_time':'2001-01-01T00:00:00Z'},'event_time','2001-01-01T00:00:00Z']",
        "{'a':'event_time','b':'2001-01-01T00:00:00Z'",
        "{'event_times':'2001-01-01T00:00:00Z','event_tim':'2001-01-01T00:00:00Z'",
        "{'EVENT_TIME':'2001-01-01T00:00:00Z',' event_time':'2001-01-01T00:00:00Z'",
      })
  void nameElsewhereThanAtTheTopLevelDoesNotCount(String start) {
    assertThat(millis(start + "}"), is(TimeField.ABSENT));
    assertThat(millis(start + ",'event_time':'@'}"), is(EIGHT_MILLIS));
  }

  @Test
  void firstOfTwoFieldsOfTheNameCounts() {
    assertThat(millis("{'event_time':'@','event_time':null}"), is(EIGHT_MILLIS));
    assertThat(millis("{'event_time':null,'event_time':'@'}"), is(TimeField.ABSENT));
    assertThat(millis("{'event\\u005ftime':'@','event_time':null}"), is(EIGHT_MILLIS));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "event_time | event\\u005ftime",
        "event_time | \\u0065vent_time",
        "event_time | event_tim\\u0065",
        "a\\b        | a\\\\b",
        "a\\b        | a\\u005Cb",
        "\\          | \\\\",
        "a\"b        | a\\\"b",
        "a\"b        | a\\u0022b",
        "a/b         | a\\/b",
        "größe       | größe",
        "größe       | gr\\u00f6\\u00DFe",
        "😀          | 😀",
        "😀          | \\ud83d\\uDE00",
      })
  void namesAreEqualHoweverTheyAreWritten(String name, String written) {
    assertThat(TimeField.named(name).millis(namedField(written)), is(EIGHT_MILLIS));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a\\b        | a\\b", // An escaped backspace.
        "event_time  | event\\_time",
        "event_time  | event\\u005",
        "event_time  | event\\\\u005ftime",
        "event_time  | event_time\\\\",
        "event_time  | event_time\\u0000",
        "event_time  | event\\u00e9time",
      })
  void namesThatOnlyLookAlikeAreDifferent(String name, String written) {
    assertThat(TimeField.named(name).millis(namedField(written)), is(TimeField.ABSENT));
  }

  @Test
  void oneByteOrderMarkAtTheStartIsSkipped() {
    assertThat(millis("\ufeff {'event_time':'@'}"), is(EIGHT_MILLIS));
    assertThat(millis("\ufeff\ufeff{'event_time':'@'}"), is(TimeField.ABSENT));
    assertThat(millis("\ufeff"), is(TimeField.ABSENT));
  }

  @Test
  void tombstoneIsAbsent() {
    assertThat(TimeField.named("event_time").millis(null), is(TimeField.ABSENT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{}",
        "}",
        "[]",
        "null",
        "'event_time'",
        "'event_time':'@'",
        "[{'event_time':'@'}]",
        "{}{'event_time':'@'}",
        "{'a':1},'event_time':'@'}",
        "{event_time:'@'}",
        "{'event_time' '@'}",
        "{'event_time':}",
        "{'a' 1,'event_time':'@'}",
        "{,'event_time':'@'}",
        "{'a':'event_time':'@'}",
        "{'a':[,'event_time':'@'}",
        "{'a':'\\','event_time':'@'}",
      })
  void whatIsNoJsonObjectIsAbsent(String payload) {
    assertThat(millis(payload), is(TimeField.ABSENT));
  }

  @Test
  void cutOffPayloadHasItsTimeOnceTheFieldIsComplete() {
    byte[] payload = bytes("{'a':{'b':['\\\\\\'']},'event\\u005ftime':'@','c':'d'}");
    int complete = new String(payload, StandardCharsets.UTF_8).indexOf(EIGHT) + EIGHT.length() + 1;
    TimeField field = TimeField.named("event_time");

    for (int length = 0; length <= payload.length; length++) {
      assertThat(
          "the first " + length + " bytes",
          field.millis(Arrays.copyOf(payload, length)),
          is(length < complete ? TimeField.ABSENT : EIGHT_MILLIS));
    }
  }

  @Test
  void everyDayOfTheCalendarIsThatOfJava() {
    for (int year : new int[] {1, 4, 100, 400, 1582, 1899, 1900, 1969, 1972, 2000, 2100, 9999}) {
      for (int month = 0; month <= 13; month++) {
        for (int day = 0; day <= 32; day++) {
          String text = "%04d-%02d-%02dT08:09:10.111Z".formatted(year, month, day);
          assertThat(text, timeOf(text), is(parsed(text)));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\n", "half a pair: \ud83d"})
  void nameThatIsNoneIsRefused(String name) {
    assertThrows(IllegalArgumentException.class, () -> TimeField.named(name));
  }

  @Test
  void copyThatTravelledReadsTheSameField() throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(TimeField.named("event_time"));
    }
    TimeField copy;
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      copy = (TimeField) in.readObject();
    }

    assertThat(copy.name(), is("event_time"));
    assertThat(copy.millis(bytes("{'event_time':'@'}")), is(EIGHT_MILLIS));
  }

  @Test
  void generatedPayloadsGiveTheTimeThatJacksonAndTheDecoderRead() throws IOException {
    Payloads payloads = new Payloads(new SplittableRandom(20260526));
    TimeField field = TimeField.named("event_time");
    int found = 0;

    for (int i = 0; i < 10_000; i++) {
      byte[] payload = payloads.next();
      long millis = field.millis(payload);
      boolean accepted = millis >= START_OF_1970 && millis < START_OF_2100;
      assertThat(text(payload), millis, is(reference(payload)));
      assertThat(text(payload), decoded(payload), is(accepted ? millis : TimeField.ABSENT));
      found += accepted ? 1 : 0;
    }
    assertThat("payloads with a time", found, greaterThan(2_500));
  }

  @Test
  void damagedPayloadsNeverThrowAndThoseStillReadableGiveTheTimeThatJacksonReads() {
    SplittableRandom random = new SplittableRandom(20260527);
    Payloads payloads = new Payloads(random);
    TimeField field = TimeField.named("event_time");
    int readable = 0;

    for (int i = 0; i < 10_000; i++) {
      byte[] payload = damaged(payloads.next(), random);
      long millis = field.millis(payload);
      try {
        assertThat(text(payload), millis, is(reference(payload)));
        readable++;
      } catch (IOException e) {
        // The decoder will refuse it.
      }
    }
    assertThat("payloads still readable", readable, greaterThan(1_000));
  }

  @Test
  void arbitraryBytesNeverThrow() {
    SplittableRandom random = new SplittableRandom(20260528);
    byte[] alphabet = bytes("{{}[]'''\\:, @event_time\\u005f\u00e9\ufeff");
    TimeField field = TimeField.named("e");

    for (int i = 0; i < 50_000; i++) {
      byte[] payload = new byte[random.nextInt(40)];
      random.nextBytes(payload);
      for (int j = 0; j < payload.length && i % 4 > 0; j++) {
        payload[j] = alphabet[random.nextInt(alphabet.length)];
      }
      field.millis(payload);
    }
  }

  /** What a full parse finds. Throws if Jackson or the decoder's check of UTF-8 refuses it. */
  private static long reference(byte[] payload) throws IOException {
    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload));
    int start = Arrays.mismatch(payload, "\ufeff".getBytes(StandardCharsets.UTF_8)) == 3 ? 3 : 0;
    long found = TimeField.ABSENT;
    boolean first = true;
    try (JsonParser parser = JSON.createParser(payload, start, payload.length - start)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          boolean named = parser.currentName().equals("event_time");
          if (parser.nextToken() == JsonToken.VALUE_STRING && named && first) {
            found = parsed(parser.getText());
          }
          first &= !named;
          parser.skipChildren();
        }
      }
      while (parser.nextToken() != null) {
        // To its end: whatever Jackson refuses is no reference.
      }
    }
    return found;
  }

  private static long parsed(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      return TimeField.ABSENT;
    }
  }

  /** The first time that the decoder accepts, ABSENT if it refuses the record. */
  private static long decoded(byte[] payload) {
    RawRecord record =
        new RawRecord(null, payload, List.of(), new Origin("kafka", "t", 0, 0), Instant.EPOCH);
    List<@Nullable Instant> times = new ArrayList<>();
    try {
      JsonPayload.read(
          record,
          (name, value) -> {
            if (name.equals("event_time") && times.isEmpty()) {
              times.add(value.instant());
            }
          });
    } catch (InvalidRecordException e) {
      return TimeField.ABSENT;
    }
    Instant time = times.isEmpty() ? null : times.get(0);
    return time == null ? TimeField.ABSENT : time.toEpochMilli();
  }

  private static byte[] damaged(byte[] payload, SplittableRandom random) {
    byte[] alphabet = bytes("{}[]'\\:, \t09azTZ+-.\u00e9");
    byte[] damaged = payload.clone();
    for (int n = random.nextInt(1, 4); n > 0 && damaged.length > 0; n--) {
      int at = random.nextInt(damaged.length);
      switch (random.nextInt(6)) {
        case 0 -> damaged = Arrays.copyOf(damaged, at);
        case 1 -> damaged[at] = (byte) random.nextInt(256);
        case 2 -> { // One byte less.
          System.arraycopy(damaged, at + 1, damaged, at, damaged.length - at - 1);
          damaged = Arrays.copyOf(damaged, damaged.length - 1);
        }
        default -> damaged[at] = alphabet[random.nextInt(alphabet.length)];
      }
    }
    return damaged;
  }

  private static long timeOf(String text) {
    return TimeField.named("event_time")
        .millis(("{\"event_time\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] namedField(String written) {
    return ("{\"" + written + "\":\"" + EIGHT + "\"}").getBytes(StandardCharsets.UTF_8);
  }

  private static long millis(String payload) {
    return TimeField.named("event_time").millis(bytes(payload));
  }

  private static byte[] bytes(String payload) {
    return json(payload).getBytes(StandardCharsets.UTF_8);
  }

  /** Single quotes are double ones and @ is eight o'clock, to keep the payloads readable. */
  private static String json(String payload) {
    return payload.replace('\'', '"').replace("@", EIGHT);
  }

  private static String text(byte[] payload) {
    return new String(payload, StandardCharsets.UTF_8);
  }

  /** Random JSON objects around a field event_time. */
  private static final class Payloads {
    private static final String[] NAMES = {
      "event_time", "event_times", "event", "event\\time", "", "id", "größe", "😀", "a\"b",
    };
    private static final String[] SPACE = {" ", "\t", "\n", "\r", "  \r\n"};
    private static final String[] SCALARS = {
      "null", "true", "false", "0", "-1.5", "12e+7", "9007199254740993", "\"\"", "{}", "[]",
    };
    private static final String[] ZONES = {
      "Z", "Z", "Z", "z", "", "+02", "+0200", "-00:00", "+02:00:30", "+18:00", "-18:00", "+18:01",
    };

    private final SplittableRandom random;
    private final StringBuilder json = new StringBuilder();

    /**
     * In how many of a hundred places there is an escape or space that need not be; per payload.
     */
    private int noise;

    Payloads(SplittableRandom random) {
      this.random = random;
    }

    byte[] next() {
      json.setLength(0);
      noise = random.nextInt(3) * 8;
      if (random.nextInt(20) == 0) {
        json.append('\ufeff');
      }
      space();
      object(0, random.nextInt(4) > 0);
      space();
      return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void object(int depth, boolean timed) {
      int fields = random.nextInt(7);
      int time = timed ? random.nextInt(fields + 1) : -1;
      json.append('{');
      for (int i = 0; i <= fields; i++) {
        json.append(i > 0 ? "," : "");
        space();
        string(i == time ? NAMES[0] : pick(NAMES, i < time ? 1 : 0));
        space();
        json.append(':');
        space();
        if (i == time) {
          string(time());
        } else {
          value(depth);
        }
        space();
      }
      json.append('}');
    }

    private void value(int depth) {
      switch (random.nextInt(depth < 3 ? 7 : 4)) {
        case 0 -> json.append(pick(SCALARS, 0));
        case 1 -> string(pick(NAMES, 0));
        case 2 -> string(time());
        case 3 -> string(scrap());
        case 4, 5 -> object(depth + 1, random.nextBoolean());
        default -> {
          json.append('[');
          for (int n = random.nextInt(4); n >= 0; n--) {
            space();
            value(depth + 1);
            space();
            json.append(n > 0 ? "," : "");
          }
          json.append(']');
        }
      }
    }

    private String scrap() {
      String alphabet = "\\\"{}[]:,event_time\n\u0000/ß€😀";
      StringBuilder scrap = new StringBuilder();
      for (int n = random.nextInt(12); n > 0; n--) {
        int at = random.nextInt(alphabet.length());
        // A whole code point: half of a surrogate pair isn't UTF-8.
        scrap.appendCodePoint(alphabet.codePointAt(at - (at == alphabet.length() - 1 ? 1 : 0)));
      }
      return scrap.toString();
    }

    private String time() {
      boolean wild = random.nextInt(8) == 0;
      StringBuilder time = new StringBuilder();
      time.append("%04d".formatted(wild ? random.nextInt(10_000) : random.nextInt(1970, 2100)));
      time.append("-%02d".formatted(wild ? random.nextInt(15) : random.nextInt(1, 13)));
      time.append("-%02d".formatted(wild ? random.nextInt(34) : random.nextInt(1, 29)));
      time.append(random.nextInt(30) == 0 ? "t" : "T");
      time.append("%02d".formatted(random.nextInt(wild ? 26 : 24)));
      time.append(":%02d".formatted(random.nextInt(wild ? 62 : 60)));
      if (random.nextInt(12) > 0) {
        time.append(":%02d".formatted(random.nextInt(wild ? 62 : 60)));
        if (random.nextBoolean()) {
          int digits = random.nextInt(wild ? 12 : 10);
          time.append('.');
          for (int i = 0; i < digits; i++) {
            time.append(random.nextInt(10));
          }
        }
      }
      if (random.nextInt(3) > 0) {
        return time.append(pick(ZONES, 0)).toString();
      }
      time.append(random.nextBoolean() ? '+' : '-');
      return time.append("%02d:%02d".formatted(random.nextInt(wild ? 20 : 18), random.nextInt(60)))
          .toString();
    }

    private void string(String text) {
      json.append('"');
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c < ' ' || random.nextInt(200) < noise) {
          json.append((random.nextBoolean() ? "\\u%04x" : "\\u%04X").formatted((int) c));
        } else if (c == '"' || c == '\\' || (c == '/' && random.nextBoolean())) {
          json.append('\\').append(c);
        } else {
          json.append(c);
        }
      }
      json.append('"');
    }

    private void space() {
      while (random.nextInt(100) < 2 * noise) {
        json.append(pick(SPACE, 0));
      }
    }

    private String pick(String[] from, int first) {
      return from[random.nextInt(first, from.length)];
    }
  }
}
