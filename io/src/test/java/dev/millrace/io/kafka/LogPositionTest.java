package dev.millrace.io.kafka;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasToString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogPositionTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "earliest|earliest",
        "latest|latest",
        "committed|committed",
        "2026-05-26T08:00:00Z|2026-05-26T08:00:00Z",
        "2026-05-26T10:00:00.250+02:00|2026-05-26T08:00:00.250Z",
        "0:42|0:42",
        "0:42,1:17|0:42,1:17",
        "10:1,2:9223372036854775807|2:9223372036854775807,10:1",
      })
  void everyFormIsUnderstoodAndSaysItselfAgain(String text, String canonical) {
    LogPosition position = LogPosition.parse(text);

    assertThat(position, hasToString(canonical));
    assertThat(LogPosition.parse(position.toString()), hasToString(canonical));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "Earliest",
        "beginning",
        "42",
        "2026-05-26",
        "2026-05-26T08:00:00",
        "2026-02-30T08:00:00Z",
        "0:42,",
        ",0:42",
        "0:42;1:17",
        "0:-1",
        "-1:0",
        "0:",
        "0:x",
        "a:42",
        "0: 42",
        "99999999999:1",
        "0:9223372036854775808",
      })
  void anythingElseIsRefusedWithTheFormsThereAre(String text) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> LogPosition.parse(text));

    assertThat(e.getMessage(), startsWith(text + " is no position"));
    assertThat(e.getMessage(), containsString("earliest, latest, committed"));
    assertThat(e.getMessage(), containsString("2026-05-26T08:00:00Z"));
    assertThat(e.getMessage(), containsString("0:42,1:17"));
  }

  @Test
  void factoriesSayThemselvesAsTheUserWouldWriteThem() {
    assertThat(LogPosition.earliest(), hasToString("earliest"));
    assertThat(LogPosition.latest(), hasToString("latest"));
    assertThat(LogPosition.committed(), hasToString("committed"));
    assertThat(
        LogPosition.timestamp(Instant.parse("2026-05-26T08:00:00Z")),
        hasToString("2026-05-26T08:00:00Z"));
    assertThat(LogPosition.offsets(Map.of(1, 17L, 0, 42L)).toString(), is("0:42,1:17"));
  }
}
