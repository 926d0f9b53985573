package dev.millrace.transforms.window;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueStatsTest {

  @Test
  void countsEveryEventAndTheValuesOfThoseThatHaveOne() {
    ValueStats stats =
        ValueStats.NONE
            .plus(decimal("3.00"))
            .plus((BigDecimal) null)
            .plus(decimal("-1.50"))
            .plus(decimal("2.25"));

    assertThat(stats, is(new ValueStats(4, 3, decimal("3.75"), decimal("-1.50"), decimal("3.00"))));
  }

  @Test
  void withoutValuesThereIsNoSumMinimumMaximumOrAverage() {
    ValueStats two = ValueStats.NONE.plus((BigDecimal) null).plus((BigDecimal) null);

    assertThat(two, is(new ValueStats(2, 0, null, null, null)));
    assertThat(two.average(), is(nullValue()));
    assertThat(ValueStats.NONE.average(), is(nullValue()));
  }

  @Test
  void eventsWithoutValuesChangeTheCountOnly() {
    ValueStats valued = ValueStats.NONE.plus(decimal("3.00"));
    ValueStats valueless = ValueStats.NONE.plus((BigDecimal) null);
    ValueStats both = new ValueStats(2, 1, decimal("3.00"), decimal("3.00"), decimal("3.00"));

    assertThat(valued.plus(valueless), is(both));
    assertThat(valueless.plus(valued), is(both));
    assertThat(valueless.plus(decimal("3.00")), is(both));
    assertThat(both.average(), is(decimal("3.000000")));
  }

  @Test
  void noEventsChangeNothing() {
    ValueStats some = ValueStats.NONE.plus(decimal("3.00")).plus((BigDecimal) null);

    assertThat(some.plus(ValueStats.NONE), is(some));
    assertThat(ValueStats.NONE.plus(some), is(some));
    assertThat(ValueStats.NONE.plus(ValueStats.NONE), is(ValueStats.NONE));
  }

  @Test
  void addingLeavesTheFormerAsItWas() {
    ValueStats one = ValueStats.NONE.plus(decimal("1.00"));

    one.plus(decimal("2.00"));
    one.plus(one);

    assertThat(one, is(new ValueStats(1, 1, decimal("1.00"), decimal("1.00"), decimal("1.00"))));
  }

  @Test
  void plusIsAssociativeAndCommutative() {
    SplittableRandom random = new SplittableRandom(20260526);
    for (int i = 0; i < 2_000; i++) {
      ValueStats a = of(values(random, random.nextInt(5)));
      ValueStats b = of(values(random, random.nextInt(5)));
      ValueStats c = of(values(random, random.nextInt(5)));

      assertThat(a.plus(b), is(b.plus(a)));
      assertThat(a.plus(b).plus(c), is(a.plus(b.plus(c))));
    }
  }

  @Test
  void anyOrderAndAnyGroupingGiveTheSame() {
    SplittableRandom random = new SplittableRandom(20260527);
    for (int i = 0; i < 200; i++) {
      List<@Nullable BigDecimal> values = values(random, 50);
      ValueStats expected = of(values);
      for (int j = values.size() - 1; j > 0; j--) {
        int other = random.nextInt(j + 1);
        BigDecimal swapped = values.get(j);
        values.set(j, values.get(other));
        values.set(other, swapped);
      }
      ValueStats grouped = ValueStats.NONE;
      for (int from = 0; from < values.size(); ) {
        int to = Math.min(values.size(), from + random.nextInt(1, 10));
        grouped = grouped.plus(of(values.subList(from, to)));
        from = to;
      }

      assertThat(of(values), is(expected));
      assertThat(grouped, is(expected));
    }
  }

  /** A tenth a thousand times: a sum of doubles would be 99.9999999999986. */
  @Test
  void sumsAreExact() {
    ValueStats stats = ValueStats.NONE;
    for (int i = 0; i < 1_000; i++) {
      stats = stats.plus(decimal("0.10"));
    }

    assertThat(stats.sum(), is(decimal("100.00")));
    assertThat(stats.average(), is(decimal("0.100000")));
  }

  @ParameterizedTest
  @CsvSource({
    " 1.00,      3,  0.333333",
    " 2.00,      3,  0.666667",
    " 0.000001,  2,  0.000001",
    "-0.000001,  2, -0.000001",
    " 0.0000009, 2,  0.000000",
    " 7.00,      2,  3.500000",
    "-7.00,      2, -3.500000",
    " 0.00,      5,  0.000000",
    " 99999999999999999999.999999999999999999, 1, 100000000000000000000.000000",
  })
  void averageIsRoundedHalfUpToSixDigits(BigDecimal sum, long values, BigDecimal average) {
    ValueStats stats = new ValueStats(values + 10, values, sum, sum, sum);

    assertThat(stats.average(), is(average));
  }

  private static ValueStats of(List<@Nullable BigDecimal> values) {
    ValueStats stats = ValueStats.NONE;
    for (BigDecimal each : values) {
      stats = stats.plus(each);
    }
    return stats;
  }

  /** As the decoder yields them: equal values look equal. A fifth is missing. */
  private static List<@Nullable BigDecimal> values(SplittableRandom random, int count) {
    List<@Nullable BigDecimal> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (random.nextInt(5) == 0) {
        values.add(null);
      } else {
        BigDecimal any =
            BigDecimal.valueOf(random.nextLong(-1_000_000, 1_000_000), random.nextInt(9));
        values.add(
            any.signum() == 0
                ? decimal("0.00")
                : any.setScale(Math.max(2, any.stripTrailingZeros().scale())));
      }
    }
    return values;
  }

  private static BigDecimal decimal(String text) {
    return new BigDecimal(text);
  }
}
