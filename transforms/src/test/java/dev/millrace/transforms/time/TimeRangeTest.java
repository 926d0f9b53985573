package dev.millrace.transforms.time;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class TimeRangeTest {
  private static final TimeRange MAY_4 = TimeRange.of(LocalDate.parse("2026-05-04"));

  @Test
  void dayBeginsAtMidnightUtcAndEndsBeforeTheNext() {
    assertThat(MAY_4.contains(Instant.parse("2026-05-03T23:59:59.999Z").toEpochMilli()), is(false));
    assertThat(MAY_4.contains(Instant.parse("2026-05-04T00:00:00Z").toEpochMilli()), is(true));
    assertThat(MAY_4.contains(Instant.parse("2026-05-04T23:59:59.999Z").toEpochMilli()), is(true));
    assertThat(MAY_4.contains(Instant.parse("2026-05-05T00:00:00Z").toEpochMilli()), is(false));
    assertThat(MAY_4.toString(), is("2026-05-04T00:00:00Z to 2026-05-05T00:00:00Z"));
  }

  @Test
  void wideningReachesToBothSidesAndLeavesAllOfTimeAsItIs() {
    TimeRange wider = MAY_4.widened(Duration.ofHours(1), Duration.ofDays(1));

    assertThat(wider.start(), is(Instant.parse("2026-05-03T23:00:00Z")));
    assertThat(wider.end(), is(Instant.parse("2026-05-06T00:00:00Z")));
    assertThat(
        TimeRange.ALWAYS.widened(Duration.ofHours(1), Duration.ofHours(1)), is(TimeRange.ALWAYS));
  }

  @Test
  void reversedRangeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new TimeRange(2, 1));
  }
}
