package dev.millrace.transforms.window;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.time.Instant;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.DoubleCoder;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WindowResultCoderTest {
  private static final Coder<WindowResult<ValueStats>> CODER =
      WindowResultCoder.of(ValueStatsCoder.of());

  @ParameterizedTest
  @EnumSource
  void keepsEveryField(PaneInfo.Timing timing) throws CoderException {
    WindowResult<ValueStats> first = result("US", 0, timing, false);
    WindowResult<ValueStats> last = result("größe 😀", 1L << 33, timing, true);

    assertThat(CoderUtils.clone(CODER, first), is(first));
    assertThat(CoderUtils.clone(CODER, last), is(last));
  }

  @Test
  void keepsWindowsBefore1970() throws CoderException {
    // A sliding window of an event of 1970-01-01T00:00Z begins before.
    WindowResult<ValueStats> old =
        new WindowResult<>(
            "",
            Instant.ofEpochMilli(-240_000),
            Instant.ofEpochMilli(60_000),
            ValueStats.NONE,
            0,
            PaneInfo.Timing.ON_TIME,
            true,
            EventCounts.NONE);

    assertThat(CoderUtils.clone(CODER, old), is(old));
  }

  @Test
  void isAsDeterministicAsTheCoderOfTheAggregates() throws Coder.NonDeterministicException {
    CODER.verifyDeterministic();
    assertThrows(
        Coder.NonDeterministicException.class,
        () -> WindowResultCoder.of(DoubleCoder.of()).verifyDeterministic());
  }

  @Test
  void codersOfTheSameAggregatesAreEqual() {
    assertThat(WindowResultCoder.of(ValueStatsCoder.of()), is(CODER));
  }

  @Test
  void refusesTheVersionOfALaterRelease() throws CoderException {
    byte[] bytes =
        CoderUtils.encodeToByteArray(CODER, result("US", 0, PaneInfo.Timing.ON_TIME, false));
    bytes[0] = 99;

    CoderException e =
        assertThrows(CoderException.class, () -> CoderUtils.decodeFromByteArray(CODER, bytes));

    assertThat(e.getMessage(), containsString("version 99"));
  }

  private static WindowResult<ValueStats> result(
      String key, long pane, PaneInfo.Timing timing, boolean isFinal) {
    BigDecimal value = new BigDecimal("12.50");
    return new WindowResult<>(
        key,
        Instant.parse("2026-05-26T08:00:00Z"),
        Instant.parse("2026-05-26T08:05:00Z"),
        new ValueStats(2, 1, value, value, value),
        pane,
        timing,
        isFinal,
        EventCounts.of(-300_000, 1).plus(EventCounts.of(300_000, 1)));
  }
}
