package dev.millrace.transforms.window;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.transforms.time.TimeRange;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private static final Duration REACH = Duration.ofMinutes(10);
  private static final Duration GAP = Duration.ofSeconds(30);
  private static final Scope DAY =
      Scope.startingIn(TimeRange.of(LocalDate.parse("2026-05-04")), REACH);

  @Test
  void dayHasTheWindowsThatStartInIt() {
    assertThat(has(DAY, "2026-05-03T23:59:00Z", "2026-05-04T00:04:00Z"), is(false));
    assertThat(has(DAY, "2026-05-04T00:00:00Z", "2026-05-04T00:05:00Z"), is(true));
    assertThat(has(DAY, "2026-05-04T23:59:00Z", "2026-05-05T00:04:00Z"), is(true));
    assertThat(has(DAY, "2026-05-05T00:00:00Z", "2026-05-05T00:05:00Z"), is(false));
  }

  @Test
  void windowThatMayGoOnBeyondWhatIsReadIsLeftAlone() {
    assertThat(has(DAY, "2026-05-04T23:59:00Z", "2026-05-05T00:10:00Z"), is(true));
    assertThat(has(DAY, "2026-05-04T23:59:00Z", "2026-05-05T00:10:01Z"), is(false));
    Scope narrow =
        Scope.startingIn(TimeRange.of(LocalDate.parse("2026-05-04")), Duration.ofSeconds(10));
    assertThat(
        "an event before what is read may belong to the session",
        narrow.includes(
            Instant.parse("2026-05-04T00:00:10Z"), Instant.parse("2026-05-04T00:01:00Z"), GAP),
        is(false));
    assertThat(
        narrow.includes(
            Instant.parse("2026-05-04T00:00:20Z"), Instant.parse("2026-05-04T00:01:00Z"), GAP),
        is(true));
  }

  @Test
  void ofTimesItHasTheWindowsThatHoldOneOfThem() {
    Scope scope =
        Scope.holding(
            List.of(Instant.parse("2026-05-04T08:07:00Z"), Instant.parse("2026-05-04T08:00:00Z")),
            REACH);

    assertThat(has(scope, "2026-05-04T07:55:00Z", "2026-05-04T08:00:00Z"), is(false));
    assertThat(has(scope, "2026-05-04T07:56:00Z", "2026-05-04T08:01:00Z"), is(true));
    assertThat(has(scope, "2026-05-04T08:00:00Z", "2026-05-04T08:05:00Z"), is(true));
    assertThat(has(scope, "2026-05-04T08:01:00Z", "2026-05-04T08:06:00Z"), is(false));
    assertThat(has(scope, "2026-05-04T08:05:00Z", "2026-05-04T08:10:00Z"), is(true));
    assertThat(has(scope, "2026-05-04T08:08:00Z", "2026-05-04T08:13:00Z"), is(false));
    assertThat(scope.records().start(), is(Instant.parse("2026-05-04T07:50:00Z")));
    assertThat(scope.records().end(), is(Instant.parse("2026-05-04T08:17:00.001Z")));
  }

  @Test
  void everythingIsInTheScopeOfAll() {
    assertThat(Scope.ALL.isAll(), is(true));
    assertThat(has(Scope.ALL, "1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"), is(true));
    assertThat(DAY.isAll(), is(false));
  }

  private static boolean has(Scope scope, String start, String end) {
    return scope.includes(Instant.parse(start), Instant.parse(end), Duration.ZERO);
  }
}
