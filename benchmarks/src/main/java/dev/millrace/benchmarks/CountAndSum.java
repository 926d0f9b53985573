package dev.millrace.benchmarks;

import java.math.BigDecimal;

/** The aggregate of the Beam variants; immutable. */
record CountAndSum(long count, BigDecimal sum) {
  static final CountAndSum NONE = new CountAndSum(0, BigDecimal.ZERO);

  CountAndSum plus(BigDecimal value) {
    return new CountAndSum(count + 1, sum.add(value));
  }

  CountAndSum plus(CountAndSum other) {
    return new CountAndSum(count + other.count, sum.add(other.sum));
  }
}
