package dev.millrace.transforms.decode;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonPayloadTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "12|12.00",
        "22.2|22.20",
        "0.0|0.00",
        "-7.50|-7.50",
        "1e3|1000.00",
        "1.2345|1.2345",
        "1.230000|1.23",
        "99999999999999999999.999999999999999999|99999999999999999999.999999999999999999",
        "0e999|0.00",
      })
  void decimalsAreExactAndEqualValuesLookEqual(String json, String expected)
      throws InvalidRecordException {
    List<BigDecimal> found = new ArrayList<>();

    read("{\"n\": " + json + "}", (name, value) -> found.add(value.decimal()));

    assertThat(found, is(List.of(new BigDecimal(expected))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1e999|out_of_range",
        "1e999999999|out_of_range",
        "1e-999999999|out_of_range",
        "100000000000000000000|out_of_range",
        "1e-19|out_of_range",
        "NaN|out_of_range",
        "-Infinity|out_of_range",
        "\"12\"|wrong_type",
        "true|wrong_type",
        "[1]|wrong_type",
        "{}|wrong_type",
        "1.2.3|malformed_json",
        "0x10|malformed_json",
      })
  void decimalsThatAreNoneAreRefused(String json, String errorClass) {
    assertThat(
        refused("{\"n\": " + json + "}", (name, value) -> value.decimal()).errorClass(),
        is(errorClass));
  }

  @Test
  void aDecimalWithAThousandDigitsIsRefused() {
    InvalidRecordException e =
        refused("{\"n\": " + "9".repeat(1_001) + "}", (name, value) -> value.decimal());

    assertThat(e.errorClass(), is("malformed_json"));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-05-26T08:00:01Z,2026-05-26T08:00:01Z",
    "2026-05-26T10:00:01+02:00,2026-05-26T08:00:01Z",
    "2026-05-26T08:00:01.123456789Z,2026-05-26T08:00:01.123456Z",
    "1970-01-01T00:00:00Z,1970-01-01T00:00:00Z",
    "2099-12-31T23:59:59.999999Z,2099-12-31T23:59:59.999999Z",
  })
  void timesAreUtcToTheMicrosecond(String text, String expected) throws InvalidRecordException {
    List<Instant> found = new ArrayList<>();

    read("{\"t\": \"" + text + "\"}", (name, value) -> found.add(value.instant()));

    assertThat(found, is(List.of(Instant.parse(expected))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1969-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "9999-05-26T08:00:01Z",
        "2026-05-26",
        "2026-05-26T08:00:01",
        "2026-02-30T08:00:01Z",
        "yesterday",
        ""
      })
  void timesOutOfRangeOrWithoutOffsetAreRefused(String text) {
    InvalidRecordException e =
        refused("{\"t\": \"" + text + "\"}", (name, value) -> value.instant());

    assertThat(e.errorClass(), is("out_of_range"));
    assertThat(e.getMessage(), containsString("t is \"" + text + "\""));
  }

  @Test
  void textThatPostgresCannotStoreIsRefused() {
    assertThat(
        refused("{\"s\": \"a\\u0000b\"}", (name, value) -> value.text()).getMessage(),
        containsString("null character"));
    assertThat(
        refused("{\"s\": \"a\\ud800b\"}", (name, value) -> value.text()).errorClass(),
        is("not_utf8"));
    assertThat(
        refused("{\"s\": \"" + "x".repeat(513) + "\"}", (name, value) -> value.text()).errorClass(),
        is("out_of_range"));
  }

  @Test
  void textKeepsEveryOtherCharacter() throws InvalidRecordException {
    List<String> found = new ArrayList<>();

    read("{\"s\": \"\\ud83d\\ude00 é \\n\\t\"}", (name, value) -> found.add(value.text()));

    assertThat(found, is(List.of("\uD83D\uDE00 é \n\t")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'{\"a\": 1'|malformed_json",
        "'{\"a\": '|malformed_json",
        "'{\"a\": 1} x'|malformed_json",
        "'{\"a\": 1}{\"a\": 2}'|malformed_json",
        "'[{\"a\": 1}]'|malformed_json",
        "'\"text\"'|malformed_json",
        "'null'|malformed_json",
        "'not json'|malformed_json",
        "''|empty",
        "'   '|empty",
      })
  void whatIsNotOneObjectIsRefused(String payload, String errorClass) {
    assertThat(refused(payload, (name, value) -> {}).errorClass(), is(errorClass));
  }

  @Test
  void bytesThatAreNotUtf8AreRefusedWhereverTheyStand() {
    byte[] payload = "{\"other\": \"abc\"}".getBytes(StandardCharsets.UTF_8);
    payload[12] = (byte) 0xff;

    InvalidRecordException e =
        assertThrows(
            InvalidRecordException.class,
            () -> JsonPayload.read(record(payload), (name, value) -> {}));

    assertThat(e.errorClass(), is("not_utf8"));
    assertThat(e.getMessage(), containsString("byte 12"));
  }

  @Test
  void tombstonesAndGiantsAreRefused() {
    InvalidRecordException tombstone =
        assertThrows(
            InvalidRecordException.class,
            () -> JsonPayload.read(record(null), (name, value) -> {}));
    assertThat(tombstone.errorClass(), is("empty"));

    InvalidRecordException giant =
        assertThrows(
            InvalidRecordException.class,
            () -> JsonPayload.read(record(new byte[10 << 20]), (name, value) -> {}));
    assertThat(giant.errorClass(), is("too_large"));
  }

  @Test
  void nestingBeyondReasonIsRefused() {
    String deep = "{\"a\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}";

    assertThat(refused(deep, (name, value) -> {}).errorClass(), is("malformed_json"));
  }

  private static InvalidRecordException refused(String payload, JsonPayload.Fields fields) {
    return assertThrows(InvalidRecordException.class, () -> read(payload, fields));
  }

  private static void read(String payload, JsonPayload.Fields fields)
      throws InvalidRecordException {
    JsonPayload.read(record(payload.getBytes(StandardCharsets.UTF_8)), fields);
  }

  private static RawRecord record(byte[] payload) {
    return new RawRecord(null, payload, List.of(), new Origin("kafka", "t", 0, 0), Instant.EPOCH);
  }
}
