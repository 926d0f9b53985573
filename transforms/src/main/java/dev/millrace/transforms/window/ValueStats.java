package dev.millrace.transforms.window;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Count, sum, minimum and maximum of events that may have a value, exact whatever their order.
 * Immutable: a checkpoint may be written while the next element is added.
 *
 * @param count of the events
 * @param values how many of them have a value
 * @param sum of the values; null, as minimum and maximum, if there are none
 */
@DefaultCoder(ValueStatsCoder.class)
public record ValueStats(
    long count,
    long values,
    @Nullable BigDecimal sum,
    @Nullable BigDecimal min,
    @Nullable BigDecimal max) {

  /** Digits after the point of an average, which is rounded half up. */
  public static final int AVERAGE_SCALE = 6;

  /** Of no events. */
  public static final ValueStats NONE = new ValueStats(0, 0, null, null, null);

  /** With one more event. */
  public ValueStats plus(@Nullable BigDecimal value) {
    if (value == null) {
      return new ValueStats(count + 1, values, sum, min, max);
    }
    if (sum == null || min == null || max == null) {
      return new ValueStats(count + 1, 1, value, value, value);
    }
    return new ValueStats(count + 1, values + 1, sum.add(value), min.min(value), max.max(value));
  }

  /** Of the events of both. */
  public ValueStats plus(ValueStats other) {
    if (other.sum == null || other.min == null || other.max == null) {
      return new ValueStats(count + other.count, values, sum, min, max);
    }
    if (sum == null || min == null || max == null) {
      return new ValueStats(count + other.count, other.values, other.sum, other.min, other.max);
    }
    return new ValueStats(
        count + other.count,
        values + other.values,
        sum.add(other.sum),
        min.min(other.min),
        max.max(other.max));
  }

  /** The sum by the number of values, to {@value #AVERAGE_SCALE} digits; null if there are none. */
  public @Nullable BigDecimal average() {
    return sum == null
        ? null
        : sum.divide(BigDecimal.valueOf(values), AVERAGE_SCALE, RoundingMode.HALF_UP);
  }
}
