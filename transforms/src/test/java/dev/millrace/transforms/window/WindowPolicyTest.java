package dev.millrace.transforms.window;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.joda.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WindowPolicyTest {
  private static final Duration MINUTE = Duration.standardMinutes(1);

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void durationsThatAreNotPositiveAreRefusedByName(long millis) {
    Duration none = Duration.millis(millis);

    assertThat(refusal(() -> WindowPolicy.fixed(none)), is("the size is not positive: " + none));
    assertThat(
        refusal(() -> WindowPolicy.sliding(none, MINUTE)), is("the size is not positive: " + none));
    assertThat(
        refusal(() -> WindowPolicy.sliding(MINUTE, none)),
        is("the period is not positive: " + none));
    assertThat(refusal(() -> WindowPolicy.sessions(none)), is("the gap is not positive: " + none));
    assertThat(
        refusal(() -> WindowPolicy.fixed(MINUTE).withEarlyFiring(none)),
        is("the early firing is not positive: " + none));
  }

  @Test
  void negativeLatenessIsRefused() {
    assertThat(
        refusal(() -> WindowPolicy.fixed(MINUTE).withAllowedLateness(Duration.millis(-1))),
        is("the allowed lateness is negative: PT-0.001S"));
  }

  @Test
  void nothingIsLateEnoughIfNothingIsSaid() {
    assertThat(WindowPolicy.fixed(MINUTE).allowedLateness(), is(Duration.ZERO));
    assertThat(WindowPolicy.sliding(MINUTE, MINUTE).allowedLateness(), is(Duration.ZERO));
    assertThat(WindowPolicy.sessions(MINUTE).allowedLateness(), is(Duration.ZERO));
  }

  @Test
  void withLeavesTheFormerAsItWas() {
    WindowPolicy onTime = WindowPolicy.fixed(MINUTE);

    WindowPolicy patient = onTime.withAllowedLateness(Duration.standardHours(1));

    assertThat(onTime.allowedLateness(), is(Duration.ZERO));
    assertThat(patient.allowedLateness(), is(Duration.standardHours(1)));
    assertThat(patient.withEarlyFiring(MINUTE).allowedLateness(), is(Duration.standardHours(1)));
  }

  /** What is gathered before the shuffle must not cross the edge of any window. */
  @ParameterizedTest
  @CsvSource({
    "300, 60, 60",
    "300, 300, 300",
    "300, 120, 60",
    "60, 300, 60",
    "90, 60, 30",
    "7, 5, 1",
  })
  void sliceOfSlidingWindowsDividesTheirSizeAndTheirPeriod(long size, long period, long slice) {
    assertThat(
        WindowPolicy.sliding(Duration.standardSeconds(size), Duration.standardSeconds(period))
            .slice(),
        is(Duration.standardSeconds(slice)));
  }

  @Test
  void sliceOfFixedWindowsIsTheirSizeAndSessionsHaveNone() {
    assertThat(WindowPolicy.fixed(MINUTE).slice(), is(MINUTE));
    assertThat(WindowPolicy.sessions(MINUTE).slice(), is(nullValue()));
  }

  private static String refusal(Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }
}
