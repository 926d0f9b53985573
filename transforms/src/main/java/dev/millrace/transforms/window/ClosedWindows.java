package dev.millrace.transforms.window;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
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
 * The ends of windows, each once its time is over: when the watermark has passed it by the allowed
 * lateness.
 *
 * <ul>
 *   <li>Input: bounded or unbounded; read in the global window. In a bounded run every end comes
 *       out at the end.
 *   <li>Key and order: ends are independent of each other. They are rounded up to full minutes, so
 *       that there are few of them.
 *   <li>Lateness: an element of an end that is over already lets it come out again, at once.
 *   <li>Guarantee: each end comes out at least once after the last of its elements; the reader must
 *       be idempotent. Elements should arrive here after their effect is durable.
 *   <li>State: one timer per open end, gone when it fires.
 * </ul>
 *
 * <p>Yields milliseconds since 1970.
 */
public final class ClosedWindows<T> extends PTransform<PCollection<T>, PCollection<Long>> {
  private static final long serialVersionUID = 1L;

  private static final long GRANULARITY_MILLIS = 60_000;

  private final SerializableFunction<T, Instant> end;
  private final Duration allowedLateness;

  private ClosedWindows(SerializableFunction<T, Instant> end, Duration allowedLateness) {
    this.end = end;
    this.allowedLateness = allowedLateness;
  }

  /**
   * Closes the windows whose ends {@code end} finds.
   *
   * @param end the first instant after the element's window
   * @param allowedLateness how long after its end a window stays open, in event time; not negative
   */
  public static <T> ClosedWindows<T> of(
      SerializableFunction<T, Instant> end, Duration allowedLateness) {
    if (allowedLateness.isShorterThan(Duration.ZERO)) {
      throw new IllegalArgumentException("allowedLateness is negative: " + allowedLateness);
    }
    return new ClosedWindows<>(end, allowedLateness);
  }

  @Override
  public PCollection<Long> expand(PCollection<T> elements) {
    return elements
        .apply("GlobalWindow", Window.into(new GlobalWindows()))
        .apply("EndsOfBundle", ParDo.of(new EndsOfBundleFn<>(end)))
        .setCoder(KvCoder.of(VarLongCoder.of(), VoidCoder.of()))
        .apply("Close", ParDo.of(new CloseFn(allowedLateness)))
        .setCoder(VarLongCoder.of());
  }

  /** Each end once per bundle, so that the shuffle carries ends and not elements. */
  private static final class EndsOfBundleFn<T> extends DoFn<T, KV<Long, Void>> {
    private static final long serialVersionUID = 1L;

    private final SerializableFunction<T, Instant> end;

    /** By end, the oldest timestamp: what holds the watermark until the end is known. */
    private transient Map<Long, org.joda.time.Instant> ends;

    EndsOfBundleFn(SerializableFunction<T, Instant> end) {
      this.end = end;
    }

    @StartBundle
    public void startBundle() {
      ends = new HashMap<>();
    }

    @ProcessElement
    public void process(@Element T element, @Timestamp org.joda.time.Instant time) {
      long its = -Math.floorDiv(-end.apply(element).toEpochMilli(), GRANULARITY_MILLIS);
      ends.merge(its * GRANULARITY_MILLIS, time, (a, b) -> a.isBefore(b) ? a : b);
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      ends.forEach((end, oldest) -> out.output(KV.of(end, null), oldest, GlobalWindow.INSTANCE));
    }
  }

  private static final class CloseFn extends DoFn<KV<Long, Void>, Long> {
    private static final long serialVersionUID = 1L;
    private static final String CLOSED = "closed";

    private final Duration allowedLateness;

    @TimerId(CLOSED)
    private final TimerSpec closed = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    CloseFn(Duration allowedLateness) {
      this.allowedLateness = allowedLateness;
    }

    @ProcessElement
    public void process(
        @Element KV<Long, Void> end, @TimerId(CLOSED) Timer timer, OutputReceiver<Long> out) {
      org.joda.time.Instant over =
          org.joda.time.Instant.ofEpochMilli(end.getKey()).plus(allowedLateness);
      if (over.isAfter(timer.getCurrentRelativeTime())) {
        timer.set(over);
      } else {
        out.output(end.getKey()); // A timer in the past would wait for the watermark to move.
      }
    }

    @OnTimer(CLOSED)
    public void close(@Key Long end, OutputReceiver<Long> out) {
      out.output(end);
    }
  }
}
