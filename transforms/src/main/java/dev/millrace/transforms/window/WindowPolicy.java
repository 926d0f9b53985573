package dev.millrace.transforms.window;

import java.io.Serializable;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.DefaultTrigger;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.SlidingWindows;
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

  /** The windows and their slices; null for sessions. */
  private final @Nullable WindowFn<Object, ? extends BoundedWindow> windows;

  private final @Nullable Duration slice;
  private final @Nullable Duration gap;
  private final Duration allowedLateness;
  private final @Nullable Duration earlyFiring;

  private WindowPolicy(
      @Nullable WindowFn<Object, ? extends BoundedWindow> windows,
      @Nullable Duration slice,
      @Nullable Duration gap,
      Duration allowedLateness,
      @Nullable Duration earlyFiring) {
    this.windows = windows;
    this.slice = slice;
    this.gap = gap;
    this.allowedLateness = allowedLateness;
    this.earlyFiring = earlyFiring;
  }

  /** Windows of {@code size} that follow each other, aligned to 1970-01-01T00:00Z. */
  public static WindowPolicy fixed(Duration size) {
    return new WindowPolicy(
        FixedWindows.of(positive("size", size)), size, null, Duration.ZERO, null);
  }

  /** Windows of {@code size} of which one begins every {@code period}. */
  public static WindowPolicy sliding(Duration size, Duration period) {
    long slice = gcd(positive("size", size).getMillis(), positive("period", period).getMillis());
    return new WindowPolicy(
        SlidingWindows.of(size).every(period), Duration.millis(slice), null, Duration.ZERO, null);
  }

  /** Windows of each key that end when nothing has come for {@code gap}. */
  public static WindowPolicy sessions(Duration gap) {
    return new WindowPolicy(null, null, positive("gap", gap), Duration.ZERO, null);
  }

  /** How long after its end a window still takes elements, in event time; zero if not said. */
  public WindowPolicy withAllowedLateness(Duration allowedLateness) {
    if (allowedLateness.isShorterThan(Duration.ZERO)) {
      throw new IllegalArgumentException("the allowed lateness is negative: " + allowedLateness);
    }
    return new WindowPolicy(windows, slice, gap, allowedLateness, earlyFiring);
  }

  /**
   * Lets windows fire before their end, in processing time.
   *
   * @param delay after the first element since the last firing
   */
  public WindowPolicy withEarlyFiring(Duration delay) {
    return new WindowPolicy(windows, slice, gap, allowedLateness, positive("early firing", delay));
  }

  /** How long after its end a window still takes elements, in event time. */
  public Duration allowedLateness() {
    return allowedLateness;
  }

  /**
   * The length of time, aligned to 1970, whose elements are all in the same windows; null for
   * sessions.
   */
  @Nullable Duration slice() {
    return slice;
  }

  /** How long nothing comes when a session has ended; null for other windows. */
  @Nullable Duration gap() {
    return gap;
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

  /** After how long a window shows a preliminary result; null for never. */
  @Nullable Duration earlyFiring() {
    return earlyFiring;
  }

  /**
   * The windows as Beam's transform, for a step that fires them itself. For Beam they are open a
   * millisecond longer, since a timer may be set within a window's time only.
   *
   * @throws IllegalStateException for sessions
   */
  <T> Window<T> window() {
    if (windows == null) {
      throw new IllegalStateException("sessions are windows of a key");
    }
    return Window.<T>into(windows)
        .triggering(DefaultTrigger.of())
        .withAllowedLateness(allowedLateness.plus(Duration.millis(1)))
        .discardingFiredPanes();
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
