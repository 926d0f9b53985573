package dev.millrace.transforms.decode;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;

class JsonPayloadEventTimeTest {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Instant NINE = Instant.parse("2026-05-26T09:00:00Z");
  private static final EventTime OF_FIELD = EventTime.ofField("event_time");

  @Test
  void eventTimeOfThePastIsTheRecords() throws InvalidRecordException {
    assertThat(required(EIGHT, NINE, OF_FIELD), is(EIGHT));
    assertThat(required(Instant.EPOCH, NINE, OF_FIELD), is(Instant.EPOCH));
  }

  @Test
  void eventTimeAsFarAheadAsToleratedIsTheRecords() throws InvalidRecordException {
    assertThat(required(NINE, EIGHT, OF_FIELD), is(NINE));
  }

  @Test
  void eventTimeFurtherAheadIsInTheFuture() {
    Instant late = NINE.plusMillis(1);

    InvalidRecordException e = refused(late, EIGHT, OF_FIELD);

    assertThat(e.errorClass(), is("in_the_future"));
    assertThat(
        e.getMessage(),
        allOf(
            containsString("event_time is 2026-05-26T09:00:00.001Z"),
            containsString("more than PT1H ahead"),
            containsString("2026-05-26T08:00:00Z")));
  }

  @Test
  void theRuleSaysHowFarAheadIsTooFar() throws InvalidRecordException {
    EventTime patient = OF_FIELD.withTolerance(Duration.ofDays(2));
    EventTime strict = OF_FIELD.withTolerance(Duration.ZERO);
    Instant tomorrow = EIGHT.plus(Duration.ofDays(1));

    assertThat(required(tomorrow, EIGHT, patient), is(tomorrow));
    assertThat(refused(tomorrow, EIGHT, strict).errorClass(), is("in_the_future"));
  }

  @Test
  void recordsDatedByTheirOwnTimestampMayBeAnyTimeAhead() throws InvalidRecordException {
    Instant nextYear = EIGHT.plus(Duration.ofDays(365));

    assertThat(required(nextYear, EIGHT, EventTime.ofRecord()), is(nextYear));
  }

  @Test
  void missingEventTimeIsAMissingField() {
    InvalidRecordException e = refused(null, EIGHT, OF_FIELD);

    assertThat(e.errorClass(), is("missing_field"));
    assertThat(e.getMessage(), containsString("event_time"));
  }

  @Test
  void decoderAndSourceAgreeOnWhatIsTooFarAhead() {
    for (int micros = -2_000; micros <= 2_000; micros += 500) {
      Instant time = NINE.plusNanos(micros * 1_000L);
      boolean usable = OF_FIELD.find(payload(time), EIGHT.toEpochMilli()) == time.toEpochMilli();
      boolean accepted = true;
      try {
        required(time, EIGHT, OF_FIELD);
      } catch (InvalidRecordException e) {
        accepted = false;
      }
      assertThat(time + " is usable", usable, is(accepted));
    }
  }

  @Test
  void recordsDatedByAnotherFieldNeedIt() throws InvalidRecordException {
    EventTime rule = EventTime.ofField("created_at");

    assertThat(datedBy(rule, "{\"created_at\":\"" + EIGHT + "\"}"), is(EIGHT));
    for (String payload :
        List.of("{}", "{\"created_at\":7}", "{\"created_at\":\"soon\"}", "{\"created_at\":null}")) {
      InvalidRecordException e =
          assertThrows(InvalidRecordException.class, () -> datedBy(rule, payload));
      assertThat(e.errorClass(), is("missing_field"));
      assertThat(e.getMessage(), containsString("the field created_at"));
    }
    InvalidRecordException ahead =
        assertThrows(
            InvalidRecordException.class,
            () -> datedBy(rule, "{\"created_at\":\"2098-01-01T00:00:00Z\"}"));
    assertThat(ahead.errorClass(), is("in_the_future"));
    assertThat(ahead.getMessage(), containsString("the field created_at"));
  }

  private static Instant datedBy(EventTime rule, String payload) throws InvalidRecordException {
    byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
    RawRecord record = new RawRecord(null, bytes, List.of(), new Origin("kafka", "t", 0, 0), EIGHT);
    return JsonPayload.requiredEventTime("event_time", EIGHT, record, rule);
  }

  @Test
  void firstValueOfAFieldPasses() throws InvalidRecordException {
    assertThat(JsonPayload.once("event_time", false), is(true));
  }

  @Test
  void secondValueOfAFieldThatMayStandOnlyOnceIsRefusedEvenIfItIsTheSame() {
    InvalidRecordException e =
        assertThrows(InvalidRecordException.class, () -> JsonPayload.once("event_time", true));

    assertThat(e.errorClass(), is("malformed_json"));
    assertThat(e.getMessage(), is("event_time stands twice in the record"));
  }

  private static Instant required(@Nullable Instant time, Instant loadedAt, EventTime rule)
      throws InvalidRecordException {
    return JsonPayload.requiredEventTime("event_time", time, record(loadedAt), rule);
  }

  private static InvalidRecordException refused(
      @Nullable Instant time, Instant loadedAt, EventTime rule) {
    return assertThrows(InvalidRecordException.class, () -> required(time, loadedAt, rule));
  }

  private static byte[] payload(Instant time) {
    return ("{\"event_time\": \"" + time + "\"}").getBytes(StandardCharsets.UTF_8);
  }

  private static RawRecord record(Instant loadedAt) {
    return new RawRecord(null, new byte[0], List.of(), new Origin("kafka", "t", 0, 0), loadedAt);
  }
}
