package dev.millrace.pipelines.traffic;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventDecoderTest {
  private static final Instant LOADED = Instant.parse("2026-05-26T08:00:05Z");
  private static final EventTime OF_FIELD = EventTime.ofField("event_time");

  private static final String EVENT =
      """
      {"event_id": "e-1", "region": "US", "event_time": "2026-05-26T10:00:01.5+02:00",
       "user_id": "u-7", "page": "/cart", "value": 12.5, "lines": [{"sku": 1}]}
      """;

  @Test
  void readsEveryFieldAndIgnoresUnknownOnes() throws InvalidRecordException {
    assertThat(
        decoded(EVENT),
        is(new Event("e-1", "US", "u-7", "/cart", new BigDecimal("12.50"), record(EVENT))));
  }

  @Test
  void userPageAndValueMayBeMissingOrNull() throws InvalidRecordException {
    String missing =
        """
        {"event_id": "e-1", "region": "US", "event_time": "2026-05-26T08:00:01Z"}
        """;
    String ofNull =
        EVENT.replace("\"u-7\"", "null").replace("\"/cart\"", "null").replace("12.5", "null");

    for (String json : List.of(missing, ofNull)) {
      assertThat(decoded(json), is(new Event("e-1", "US", null, null, null, record(json))));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"event_id", "region", "event_time"})
  void eachRequiredFieldIsMissedByName(String field) {
    InvalidRecordException e = refused(EVENT.replace("\"" + field + "\"", "\"other\""));

    assertThat(e.errorClass(), is("missing_field"));
    assertThat(e.getMessage(), containsString(field));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"e-1\"", "\"US\"", "\"2026-05-26T10:00:01.5+02:00\""})
  void nullIsMissingToo(String value) {
    assertThat(refused(EVENT.replace(value, "null")).errorClass(), is("missing_field"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"e-1\"", "\"US\""})
  void blankIsMissingToo(String value) {
    assertThat(refused(EVENT.replace(value, "\"  \"")).errorClass(), is("missing_field"));
  }

  @Test
  void fieldsOfAnotherTypeAreRefused() {
    assertThat(
        refused(EVENT.replace("\"e-1\"", "1")).getMessage(),
        is("event_id is a number, wanted a string"));
    assertThat(
        refused(EVENT.replace("12.5", "\"12.5\"")).getMessage(),
        is("value is a string, wanted a number"));
    assertThat(
        refused(EVENT.replace("\"u-7\"", "7")).getMessage(),
        is("user_id is a number, wanted a string"));
  }

  @Test
  void eventTimeThatIsNoneIsOutOfRange() {
    assertThat(
        refused(EVENT.replace("2026-05-26T10", "yesterday at 10")).errorClass(),
        is("out_of_range"));
  }

  @Test
  void eventTimeFurtherAheadOfItsRecordThanToleratedIsInTheFuture() {
    InvalidRecordException e =
        refused(EVENT.replace("2026-05-26T10:00:01.5+02:00", "2026-05-26T09:00:05.001Z"));

    assertThat(e.errorClass(), is("in_the_future"));
    assertThat(
        e.getMessage(),
        allOf(containsString("event_time is 2026-05-26T09:00:05.001Z"), containsString("PT1H")));
  }

  @Test
  void eventTimeExactlyAsFarAheadAsToleratedIsTaken() throws InvalidRecordException {
    String ahead = EVENT.replace("2026-05-26T10:00:01.5+02:00", "2026-05-26T09:00:05Z");

    assertThat(decoded(ahead).eventId(), is("e-1"));
    assertThat(
        assertThrows(
                InvalidRecordException.class,
                () ->
                    new EventDecoder(OF_FIELD.withTolerance(Duration.ofMinutes(59)))
                        .decode(record(ahead)))
            .errorClass(),
        is("in_the_future"));
  }

  @Test
  void eventsDatedByTheirRecordsMayNameAnyTime() throws InvalidRecordException {
    String ahead = EVENT.replace("2026-05-26T10:00:01.5+02:00", "2027-05-26T08:00:00Z");

    assertThat(new EventDecoder(EventTime.ofRecord()).decode(record(ahead)).eventId(), is("e-1"));
  }

  /** The source dates a record by the first, a reader of JSON by the last. */
  @Test
  void eventTimeThatStandsTwiceIsRefusedEvenIfTheFirstIsNull() {
    RawRecord record =
        record(EVENT.replace("\"event_time\"", "\"event_time\": null, \"event_time\""));

    assertThat(OF_FIELD.find(record.value(), LOADED.toEpochMilli()), is(EventTime.UNUSABLE));
    assertThrows(InvalidRecordException.class, () -> new EventDecoder(OF_FIELD).decode(record));
  }

  @Test
  void eventTimeThatStandsTwiceIsRefused() {
    String time = "\"event_time\": \"2026-05-26T10:00:01.5+02:00\"";
    InvalidRecordException other =
        refused(EVENT.replace(time, time + ", \"event_time\": \"2026-05-26T08:00:02Z\""));

    assertThat(other.errorClass(), is("malformed_json"));
    assertThat(other.getMessage(), is("event_time stands twice in the record"));
    assertThat(refused(EVENT.replace(time, time + ", " + time)).errorClass(), is("malformed_json"));
    assertThat(
        refused(EVENT.replace(time, time + ", \"event_time\": null")).errorClass(),
        is("malformed_json"));
  }

  private static InvalidRecordException refused(String json) {
    return assertThrows(InvalidRecordException.class, () -> decoded(json));
  }

  private static Event decoded(String json) throws InvalidRecordException {
    return new EventDecoder(OF_FIELD).decode(record(json));
  }

  private static RawRecord record(String json) {
    return new RawRecord(
        null,
        json.getBytes(StandardCharsets.UTF_8),
        List.of(),
        new Origin("kafka", "events", 0, 0),
        LOADED);
  }
}
