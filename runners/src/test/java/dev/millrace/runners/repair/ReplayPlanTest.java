package dev.millrace.runners.repair;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReplayPlanTest {
  private static final double MB = 1e6;
  private static final double TB = 1e12;

  @Test
  void replayTakesItsVolumeByItsRate() {
    assertThat(ReplayPlan.time(10 * TB, 500 * MB), is(seconds(20_000)));
    assertThat(ReplayPlan.time(300 * TB, 500 * MB), is(seconds(600_000)));
    assertThat("about 7 days", ReplayPlan.time(300 * TB, 500 * MB).toDays(), is(6L));
    assertThat("rounded up", ReplayPlan.time(1, 1_000), is(Duration.ofSeconds(1)));
    assertThat(ReplayPlan.time(0, 1), is(Duration.ZERO));
  }

  @Test
  void retentionHoldsItsRateForItsTime() {
    assertThat(
        "about 60 TB",
        ReplayPlan.retained(50 * MB, Duration.ofDays(14)) / TB,
        is(closeTo(60.48, 1e-9)));
  }

  @Test
  void nothingASecondTakesForEver() {
    assertThrows(IllegalArgumentException.class, () -> ReplayPlan.time(1, 0));
    assertThrows(IllegalArgumentException.class, () -> ReplayPlan.time(-1, 1));
  }

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }
}
