package dev.millrace.transforms.time;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasToString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTimeTest {
  private static final long EIGHT = millis("2026-05-26T08:00:00Z");
  private static final long NINE = millis("2026-05-26T09:00:00Z");
  private static final long LAST_OF_2099 = millis("2099-12-31T23:59:59.999Z");
  private static final long START_OF_2100 = millis("2100-01-01T00:00:00Z");

  private static final EventTime OF_FIELD = EventTime.ofField("event_time");

  @Test
  void ofRecordIsTheRecordsTimestampWhateverThePayloadSays() {
    EventTime ofRecord = EventTime.ofRecord();

    assertThat(ofRecord.find(payload("2026-05-26T08:00:00Z"), NINE), is(NINE));
    assertThat(ofRecord.find(payload("2050-01-01T00:00:00Z"), NINE), is(NINE));
    assertThat(ofRecord.find(null, NINE), is(NINE));
  }

  @Test
  void ofFieldIsTheFieldsTimeHoweverOldItIs() {
    assertThat(OF_FIELD.find(payload("2026-05-26T10:00:00+02:00"), NINE), is(EIGHT));
    assertThat(OF_FIELD.find(payload("1970-01-01T00:00:00Z"), NINE), is(0L));
  }

  @Test
  void withoutTheFieldThereIsNoUsableTime() {
    assertThat(OF_FIELD.find(bytes("{\"other\": 1}"), NINE), is(EventTime.UNUSABLE));
    assertThat(OF_FIELD.find(bytes("{\"event_time\": null}"), NINE), is(EventTime.UNUSABLE));
    assertThat(OF_FIELD.find(bytes("{\"event_time\": 1}"), NINE), is(EventTime.UNUSABLE));
    assertThat(OF_FIELD.find(payload("yesterday"), NINE), is(EventTime.UNUSABLE));
    assertThat(OF_FIELD.find(bytes("no JSON"), NINE), is(EventTime.UNUSABLE));
    assertThat(OF_FIELD.find(new byte[0], NINE), is(EventTime.UNUSABLE));
    assertThat(OF_FIELD.find(null, NINE), is(EventTime.UNUSABLE));
  }

  @Test
  void exactlyTheToleranceAheadIsUsableAndAMillisecondMoreIsNot() {
    EventTime tenMinutes = OF_FIELD.withTolerance(Duration.ofMinutes(10));

    assertThat(
        tenMinutes.find(payload("2026-05-26T08:10:00.000Z"), EIGHT), is(EIGHT + 10 * 60_000));
    assertThat(tenMinutes.find(payload("2026-05-26T08:10:00.001Z"), EIGHT), is(EventTime.UNUSABLE));
    assertThat(tenMinutes.isTooFarAhead(EIGHT + 10 * 60_000, EIGHT), is(false));
    assertThat(tenMinutes.isTooFarAhead(EIGHT + 10 * 60_000 + 1, EIGHT), is(true));
  }

  @Test
  void anHourAheadIsToleratedIfNothingElseIsSaid() {
    assertThat(OF_FIELD.tolerance(), is(Duration.ofHours(1)));
    assertThat(OF_FIELD.find(payload("2026-05-26T09:00:00Z"), EIGHT), is(NINE));
    assertThat(OF_FIELD.find(payload("2026-05-26T09:00:00.001Z"), EIGHT), is(EventTime.UNUSABLE));
  }

  @Test
  void noToleranceRefusesWhatIsAheadAtAll() {
    EventTime strict = OF_FIELD.withTolerance(Duration.ZERO);

    assertThat(strict.find(payload("2026-05-26T08:00:00Z"), EIGHT), is(EIGHT));
    assertThat(strict.find(payload("2026-05-26T08:00:00.001Z"), EIGHT), is(EventTime.UNUSABLE));
  }

  @Test
  void theRecordsOwnTimestampIsNeverTooFarAhead() {
    EventTime strict = EventTime.ofRecord().withTolerance(Duration.ZERO);

    assertThat(strict.isTooFarAhead(NINE, EIGHT), is(false));
    assertThat(strict.find(null, LAST_OF_2099), is(LAST_OF_2099));
  }

  /** A replay sees what the first run saw, whenever it runs. */
  @Test
  void thisMachinesClockDecidesNothing() {
    long farAhead = millis("2090-01-01T00:00:00Z");

    assertThat(OF_FIELD.find(payload("2090-01-01T00:00:00Z"), farAhead), is(farAhead));
    assertThat(
        OF_FIELD.find(payload("2090-01-01T00:59:00Z"), farAhead), is(farAhead + 59 * 60_000));
    assertThat(
        OF_FIELD.find(payload("1980-01-01T02:00:00Z"), millis("1980-01-01T00:59:59Z")),
        is(EventTime.UNUSABLE));
    assertThat(EventTime.ofRecord().find(null, farAhead), is(farAhead));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1969-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00Z",
        "2100-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z"
      })
  void yearsBefore1970OrFrom2100OnAreUnusable(String text) {
    EventTime patient = OF_FIELD.withTolerance(Duration.ofDays(365_000 * 10L));

    assertThat(patient.find(payload(text), EIGHT), is(EventTime.UNUSABLE));
    assertThat(EventTime.ofRecord().find(null, millis(text)), is(EventTime.UNUSABLE));
    assertThat(EventTime.isAccepted(millis(text)), is(false));
  }

  @Test
  void firstAndLastAcceptedTimesAreUsable() {
    EventTime patient = OF_FIELD.withTolerance(Duration.ofDays(365_000));

    assertThat(patient.find(payload("1970-01-01T00:00:00Z"), EIGHT), is(0L));
    assertThat(patient.find(payload("2099-12-31T23:59:59.999Z"), EIGHT), is(LAST_OF_2099));
    assertThat(EventTime.isAccepted(0), is(true));
    assertThat(EventTime.isAccepted(LAST_OF_2099), is(true));
    assertThat(EventTime.isAccepted(START_OF_2100), is(false));
    assertThat(EventTime.isAccepted(EventTime.UNUSABLE), is(false));
  }

  @Test
  void fallbackIsTheRecordsTimestampCutToTheAcceptedYears() {
    assertThat(EventTime.fallback(EIGHT), is(EIGHT));
    assertThat(EventTime.fallback(0), is(0L));
    assertThat(EventTime.fallback(-1), is(0L));
    assertThat(EventTime.fallback(Long.MIN_VALUE), is(0L));
    assertThat(EventTime.fallback(LAST_OF_2099), is(LAST_OF_2099));
    assertThat(EventTime.fallback(START_OF_2100), is(LAST_OF_2099));
    assertThat(EventTime.fallback(Long.MAX_VALUE), is(LAST_OF_2099));
  }

  @Test
  void negativeToleranceIsRefused() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> OF_FIELD.withTolerance(Duration.ofMillis(-1)));

    assertThat(e.getMessage(), is("the tolerance is negative: PT-0.001S"));
  }

  @Test
  void saysWhatItIs() {
    assertThat(EventTime.ofRecord(), hasToString("the record's timestamp"));
    assertThat(OF_FIELD, hasToString("the field event_time"));
  }

  private static byte[] payload(String time) {
    return bytes("{\"event_time\": \"" + time + "\"}");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static long millis(String time) {
    return Instant.parse(time).toEpochMilli();
  }
}
