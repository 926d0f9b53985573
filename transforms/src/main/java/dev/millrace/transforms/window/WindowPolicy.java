package dev.millrace.transforms.window;

import java.io.Serializable;
import org.apache.beam.sdk.transforms.windowing.AfterPane;
import org.apache.beam.sdk.transforms.windowing.AfterProcessingTime;
import org.apache.beam.sdk.transforms.windowing.AfterWatermark;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Sessions;
import org.apache.beam.sdk.transforms.windowing.SlidingWindows;
import org.apache.beam.sdk.transforms.windowing.Trigger;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.transforms.windowing.WindowFn;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/**
 * Which windows there are and when they fire. Immutable.
 *
 * <p>A window fires early, if that is wished, in processing time after its first element; on time,
 * when the watermark passes its end, if it has anything new; late, with each element that comes
 * within the allowed lateness; and a last time when that is over. Each pane holds all of the window
 * so far (accumulating). What comes after the last is dropped.
 */
public final class WindowPolicy implements Serializable {
  private static final long serialVersionUID = 1L;

  private final WindowFn<Object, ? extends BoundedWindow> windows;
  private final @Nullable Duration slice;
  private final Duration allowedLateness;
  private final @Nullable Duration earlyFiring;

  private WindowPolicy(
      WindowFn<Object, ? extends BoundedWindow> windows,
      @Nullable Duration slice,
      Duration allowedLateness,
      @Nullable Duration earlyFiring) {
    this.windows = windows;
    this.slice = slice;
    this.allowedLateness = allowedLateness;
    this.earlyFiring = earlyFiring;
  }

  /** Windows of {@code size} that follow each other, aligned to 1970-01-01T00:00Z. */
  public static WindowPolicy fixed(Duration size) {
    return new WindowPolicy(FixedWindows.of(positive("size", size)), size, Duration.ZERO, null);
  }

  /** Windows of {@code size} of which one begins every {@code period}. */
  public static WindowPolicy sliding(Duration size, Duration period) {
    long slice = gcd(positive("size", size).getMillis(), positive("period", period).getMillis());
    return new WindowPolicy(
        SlidingWindows.of(size).every(period), Duration.millis(slice), Duration.ZERO, null);
  }

  /** Windows of each key that end when nothing has come for {@code gap}. */
  public static WindowPolicy sessions(Duration gap) {
    return new WindowPolicy(
        Sessions.withGapDuration(positive("gap", gap)), null, Duration.ZERO, null);
  }

  /** How long after its end a window still takes elements, in event time; zero if not said. */
  public WindowPolicy withAllowedLateness(Duration allowedLateness) {
    if (allowedLateness.isShorterThan(Duration.ZERO)) {
      throw new IllegalArgumentException("the allowed lateness is negative: " + allowedLateness);
    }
    return new WindowPolicy(windows, slice, allowedLateness, earlyFiring);
  }

  /**
   * Lets windows fire before their end, in processing time.
   *
   * @param delay after the first element since the last firing
   */
  public WindowPolicy withEarlyFiring(Duration delay) {
    return new WindowPolicy(windows, slice, allowedLateness, positive("early firing", delay));
  }

  /** How long after its end a window still takes elements, in event time. */
  public Duration allowedLateness() {
    return allowedLateness;
  }

  /**
   * The length of time, aligned to 1970, whose elements are all in the same windows; null if there
   * is none.
   */
  @Nullable Duration slice() {
    return slice;
  }

  /**
   * How many windows of a key an element is in.
   *
   * @throws IllegalStateException if it is not the same for every element
   */
  public int windowsPerElement() {
    if (!(windows instanceof SlidingWindows sliding)) {
      return 1;
    }
    long size = sliding.getSize().getMillis();
    long period = sliding.getPeriod().getMillis();
    if (size % period != 0) {
      throw new IllegalStateException(
          "windows of " + size + " ms, one every " + period + " ms: the size is no multiple");
    }
    return Math.toIntExact(size / period);
  }

  /** As Beam's transform. */
  <T> Window<T> window() {
    AfterWatermark.AfterWatermarkEarlyAndLate onTime =
        AfterWatermark.pastEndOfWindow().withLateFirings(AfterPane.elementCountAtLeast(1));
    Trigger trigger =
        earlyFiring == null
            ? onTime
            : onTime.withEarlyFirings(
                AfterProcessingTime.pastFirstElementInPane().plusDelayOf(earlyFiring));
    return Window.<T>into(windows)
        .triggering(trigger)
        .withAllowedLateness(allowedLateness, Window.ClosingBehavior.FIRE_ALWAYS)
        .withOnTimeBehavior(Window.OnTimeBehavior.FIRE_IF_NON_EMPTY)
        .accumulatingFiredPanes();
  }

  private static Duration positive(String what, Duration duration) {
    if (!duration.isLongerThan(Duration.ZERO)) {
      throw new IllegalArgumentException("the " + what + " is not positive: " + duration);
    }
    return duration;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
