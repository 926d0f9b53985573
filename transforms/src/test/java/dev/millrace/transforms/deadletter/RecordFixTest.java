package dev.millrace.transforms.deadletter;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordFixTest {

  /** The examples of RFC 7396, appendix A, whose targets are objects. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"a\":\"b\"}; {\"a\":\"c\"}; {\"a\":\"c\"}",
        "{\"a\":\"b\"}; {\"b\":\"c\"}; {\"a\":\"b\",\"b\":\"c\"}",
        "{\"a\":\"b\"}; {\"a\":null}; {}",
        "{\"a\":\"b\",\"b\":\"c\"}; {\"a\":null}; {\"b\":\"c\"}",
        "{\"a\":[\"b\"]}; {\"a\":\"c\"}; {\"a\":\"c\"}",
        "{\"a\":\"c\"}; {\"a\":[\"b\"]}; {\"a\":[\"b\"]}",
        "{\"a\":{\"b\":\"c\"}}; {\"a\":{\"b\":\"d\",\"c\":null}}; {\"a\":{\"b\":\"d\"}}",
        "{\"a\":[{\"b\":\"c\"}]}; {\"a\":[1]}; {\"a\":[1]}",
        "{\"e\":null}; {\"a\":1}; {\"e\":null,\"a\":1}",
        "{}; {\"a\":{\"bb\":{\"ccc\":null}}}; {\"a\":{\"bb\":{}}}"
      })
  void patchesAsTheStandardSays(String payload, String patch, String changed) {
    assertThat(payloadOf(RecordFix.of(patch), payload), is(changed));
  }

  @Test
  void numbersStayExact() {
    assertThat(
        payloadOf(
            RecordFix.setting(Map.of("region", "EMEA")),
            "{\"amount\":12345678901234567890.123456789012345678,\"tiny\":1.50}"),
        is(
            "{\"amount\":12345678901234567890.123456789012345678,\"tiny\":1.50,\"region\":\"EMEA\"}"));
  }

  @Test
  void valueThatIsJsonIsTakenAsThat() {
    assertThat(
        payloadOf(RecordFix.setting(Map.of("amount", "1.50")), "{}"), is("{\"amount\":1.50}"));
    assertThat(payloadOf(RecordFix.setting(Map.of("id", "O-1")), "{}"), is("{\"id\":\"O-1\"}"));
    assertThat(payloadOf(RecordFix.setting(Map.of("id", "\"7\"")), "{}"), is("{\"id\":\"7\"}"));
  }

  @Test
  void whatIsNoObjectStaysAsItIs() {
    RecordFix fix = RecordFix.setting(Map.of("region", "EMEA"));

    assertThat(payloadOf(fix, "[1]"), is("[1]"));
    assertThat(payloadOf(fix, "{\"a\":"), is("{\"a\":"));
    assertThat(payloadOf(fix, "{\"a\":1} x"), is("{\"a\":1} x"));
    assertThat(payloadOf(fix, "{\"a\":1,\"a\":2}"), is("{\"a\":1,\"a\":2}"));
    RawRecord tombstone = record(null);
    assertThat(fix.apply(tombstone), is(tombstone));
  }

  @Test
  void patchThatIsNoObjectIsRefused() {
    assertThat(
        assertThrows(IllegalArgumentException.class, () -> RecordFix.of("[1]")).getMessage(),
        containsString("a patch is a JSON object"));
    assertThat(
        assertThrows(IllegalArgumentException.class, () -> RecordFix.of("{\"a\"")).getMessage(),
        containsString("no JSON"));
  }

  private static String payloadOf(RecordFix fix, String payload) {
    RawRecord before = record(payload.getBytes(StandardCharsets.UTF_8));
    RawRecord after = fix.apply(before);
    assertThat(after.origin(), is(before.origin()));
    assertThat(after.loadedAt(), is(before.loadedAt()));
    return new String(after.value(), StandardCharsets.UTF_8);
  }

  private static RawRecord record(byte[] payload) {
    return new RawRecord(
        new byte[] {1}, payload, List.of(), new Origin("kafka", "t", 0, 7), Instant.EPOCH);
  }
}
