package dev.millrace.transforms.time;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Set;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.coders.VoidCoder;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;

/**
 * The UTC days that elements belong to, each once its time is over: when the watermark has passed
 * the end of the day plus the allowed lateness.
 *
 * <ul>
 *   <li>Input: bounded or unbounded; read in the global window. In a bounded run every day closes
 *       at the end.
 *   <li>Key and order: days are independent of each other.
 *   <li>Lateness: an element of a day that is closed already lets it come out again, at once.
 *   <li>Guarantee: each day comes out at least once after the last of its elements; the reader must
 *       be idempotent. Elements should arrive here after their effect is durable.
 *   <li>State: one timer per open day, gone when it fires.
 * </ul>
 *
 * <p>Yields the number of days since 1970-01-01 ({@link LocalDate#toEpochDay}).
 */
public final class ClosedDays<T> extends PTransform<PCollection<T>, PCollection<Long>> {
  private static final long serialVersionUID = 1L;

  private final SerializableFunction<T, LocalDate> day;
  private final Duration allowedLateness;

  private ClosedDays(SerializableFunction<T, LocalDate> day, Duration allowedLateness) {
    this.day = day;
    this.allowedLateness = allowedLateness;
  }

  /**
   * Closes the days that {@code day} finds.
   *
   * @param day the element's day, UTC
   * @param allowedLateness how long after its end a day stays open, in event time; not negative
   */
  public static <T> ClosedDays<T> of(
      SerializableFunction<T, LocalDate> day, Duration allowedLateness) {
    if (allowedLateness.isShorterThan(Duration.ZERO)) {
      throw new IllegalArgumentException("allowedLateness is negative: " + allowedLateness);
    }
    return new ClosedDays<>(day, allowedLateness);
  }

  @Override
  public PCollection<Long> expand(PCollection<T> elements) {
    return elements
        .apply("GlobalWindow", Window.into(new GlobalWindows()))
        .apply("DaysOfBundle", ParDo.of(new DaysOfBundleFn<>(day)))
        .setCoder(KvCoder.of(VarLongCoder.of(), VoidCoder.of()))
        .apply("CloseDay", ParDo.of(new CloseDayFn(allowedLateness)))
        .setCoder(VarLongCoder.of());
  }

  /** Each day once per bundle, so that the shuffle carries days and not elements. */
  private static final class DaysOfBundleFn<T> extends DoFn<T, KV<Long, Void>> {
    private static final long serialVersionUID = 1L;

    private final SerializableFunction<T, LocalDate> day;
    private transient Set<Long> days;

    DaysOfBundleFn(SerializableFunction<T, LocalDate> day) {
      this.day = day;
    }

    @StartBundle
    public void startBundle() {
      days = new HashSet<>();
    }

    @ProcessElement
    public void process(@Element T element) {
      days.add(day.apply(element).toEpochDay());
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      for (long each : days) {
        out.output(KV.of(each, null), start(each), GlobalWindow.INSTANCE);
      }
    }
  }

  private static final class CloseDayFn extends DoFn<KV<Long, Void>, Long> {
    private static final long serialVersionUID = 1L;
    private static final String CLOSED = "closed";

    private final Duration allowedLateness;

    @TimerId(CLOSED)
    private final TimerSpec closed = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    CloseDayFn(Duration allowedLateness) {
      this.allowedLateness = allowedLateness;
    }

    @ProcessElement
    public void process(
        @Element KV<Long, Void> day, @TimerId(CLOSED) Timer timer, OutputReceiver<Long> out) {
      org.joda.time.Instant end = start(day.getKey() + 1).plus(allowedLateness);
      if (end.isAfter(timer.getCurrentRelativeTime())) {
        timer.set(end);
      } else {
        out.output(day.getKey()); // A timer in the past would wait for the watermark to move.
      }
    }

    @OnTimer(CLOSED)
    public void close(@Key Long day, OutputReceiver<Long> out) {
      out.output(day);
    }
  }

  private static org.joda.time.Instant start(long epochDay) {
    Instant start = LocalDate.ofEpochDay(epochDay).atStartOfDay(ZoneOffset.UTC).toInstant();
    return org.joda.time.Instant.ofEpochMilli(start.toEpochMilli());
  }
}
