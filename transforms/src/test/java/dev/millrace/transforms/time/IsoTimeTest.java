package dev.millrace.transforms.time;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IsoTimeTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-05-26T08:00:01Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "0001-01-01T00:00:00+17:59",
        "9999-12-31T23:59:59.999999999-17:59",
        "2024-02-29T12:34:56.7+02:00",
        "2026-05-26T08:00:01.1234567Z",
        "2026-05-26T08:00:01.123456789-05:30",
      })
  void ordinaryTimesAreThoseOfJava(String text) {
    assertThat(micros(text), is(java(text)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2026-05-26",
        "2026-05-26T08:00Z",
        "2026-05-26T08:00:01",
        "2026-05-26T08:00:01.",
        "2026-05-26T08:00:01.5",
        "2026-05-26T08:00:01.Z",
        "2026-05-26T08:00:01.1234567890Z",
        "2026-05-26T08:00:01+02",
        "2026-05-26T08:00:01+02:0",
        "2026-05-26T08:00:01+02:00:30",
        "2026-05-26T08:00:01+18:00",
        "2026-05-26T24:00:00Z",
        "2026-02-29T08:00:01Z",
        "2026-13-01T08:00:01Z",
        "2026-05-26t08:00:01z",
        "2026-05-26 08:00:01Z",
        "0000-05-26T08:00:01Z",
        "+12026-05-26T08:00:01Z",
      })
  void otherTextIsLeftToAnotherReader(String text) {
    assertThat(micros(text), is(IsoTime.UNUSUAL));
  }

  @Test
  void whatIsUnderstoodIsUnderstoodAsJavaDoes() {
    SplittableRandom random = new SplittableRandom(20260529);
    String alphabet = "0123456789-:.+TZ";
    int understood = 0;
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text =
          new StringBuilder(
              Instant.ofEpochSecond(
                      random.nextLong(253_402_300_800L), random.nextInt(1_000_000_000))
                  .toString());
      if (random.nextInt(3) > 0) {
        text.setCharAt(
            random.nextInt(text.length()), alphabet.charAt(random.nextInt(alphabet.length())));
      }
      long micros = micros(text.toString());
      if (micros != IsoTime.UNUSUAL) {
        understood++;
        assertThat(text.toString(), micros, is(java(text.toString())));
      }
    }
    assertThat(understood > 100_000, is(true));
  }

  private static long micros(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return IsoTime.micros(bytes, 0, bytes.length);
  }

  private static long java(String text) {
    try {
      Instant time = OffsetDateTime.parse(text).toInstant();
      return time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
    } catch (DateTimeException e) {
      throw new AssertionError(text + " is no time to Java", e);
    }
  }
}
