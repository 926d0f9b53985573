package dev.millrace.transforms.window;

import java.io.IOException;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.state.BagState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.KV;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Keeps the sums of a shard's keys in a window, and fires them as {@link WindowPolicy} says.
 *
 * <p>What comes is appended to a log of blocks, and put together when the window fires, or when the
 * log has grown to three times what it was then: so nothing pays for reading the sums that it is
 * added to, whatever the number of keys and the kind of state.
 */
final class FireWindows {
  private FireWindows() {}

  /** As a step over what {@link PerBundle} has gathered. */
  static <A> ParDo.SingleOutput<KV<Integer, byte[]>, WindowResult<A>> by(
      WindowPolicy policy, CountedAggregation<?, A> aggregation) {
    return ParDo.of(new FireWindowsFn<>(policy, aggregation));
  }

  private static final class FireWindowsFn<A> extends DoFn<KV<Integer, byte[]>, WindowResult<A>> {
    private static final long serialVersionUID = 1L;
    private static final String LOG = "log";
    private static final String PROGRESS = "progress";
    private static final String EARLY = "early";
    private static final String ON_TIME = "onTime";
    private static final String LAST = "last";

    private static final Duration MILLI = Duration.millis(1);

    /** A log of fewer bytes waits for its window to fire. */
    private static final int SMALL = 64 << 10;

    private final Duration allowedLateness;
    private final @Nullable Duration earlyFiring;
    private final CountedAggregation<?, A> aggregation;
    private final Counter dropped =
        Metrics.counter(AggregateByWindow.class, "droppedDueToLateness");

    @StateId(LOG)
    private final StateSpec<BagState<byte[]>> logSpec = StateSpecs.bag(ByteArrayCoder.of());

    @StateId(PROGRESS)
    private final StateSpec<ValueState<WindowProgress>> progressSpec =
        StateSpecs.value(new WindowProgress.ProgressCoder());

    @TimerId(EARLY)
    private final TimerSpec earlySpec = TimerSpecs.timer(TimeDomain.PROCESSING_TIME);

    @TimerId(ON_TIME)
    private final TimerSpec onTimeSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    @TimerId(LAST)
    private final TimerSpec lastSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    FireWindowsFn(WindowPolicy policy, CountedAggregation<?, A> aggregation) {
      this.allowedLateness = policy.allowedLateness();
      this.earlyFiring = policy.earlyFiring();
      this.aggregation = aggregation;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, byte[]> shard,
        BoundedWindow window,
        @StateId(LOG) BagState<byte[]> log,
        @StateId(PROGRESS) ValueState<WindowProgress> progress,
        @TimerId(EARLY) Timer early,
        @TimerId(ON_TIME) Timer onTime,
        @TimerId(LAST) Timer last,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      byte[] block = shard.getValue();
      if (block.length == 0) {
        return; // It only tells of a worker.
      }
      Instant watermark = onTime.getCurrentRelativeTime();
      if (isClosed(window, watermark)) {
        dropped.inc();
        return;
      }
      WindowProgress now = progress.read();
      if (now == null) {
        now = WindowProgress.begun(!watermark.isBefore(end(window)));
        last.withNoOutputTimestamp().set(closing(window).minus(MILLI));
        if (!now.isOver()) {
          onTime.set(window.maxTimestamp());
        }
      }
      if (now.isOver()) {
        block = correct(block, window, log, out);
      } else if (earlyFiring != null && !now.firesEarly()) {
        early.withNoOutputTimestamp().offset(earlyFiring).setRelative();
        now = now.withEarly(true);
      }
      log.add(block);
      now = now.plus(block.length);
      if (now.appended() > SMALL && now.appended() > 2 * now.kept()) {
        now = rewrite(read(log), log, now);
      }
      progress.write(now);
    }

    @OnTimer(EARLY)
    public void early(
        BoundedWindow window,
        @StateId(LOG) BagState<byte[]> log,
        @StateId(PROGRESS) ValueState<WindowProgress> progress,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      WindowProgress now = progress.read();
      if (now == null || !now.firesEarly()) {
        return;
      }
      progress.write(fireNew(window, PaneInfo.Timing.EARLY, log, now.withEarly(false), out));
    }

    @OnTimer(ON_TIME)
    public void onTime(
        BoundedWindow window,
        @StateId(LOG) BagState<byte[]> log,
        @StateId(PROGRESS) ValueState<WindowProgress> progress,
        @TimerId(ON_TIME) Timer onTime,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      WindowProgress now = progress.read();
      if (now == null || now.isOver()) {
        return;
      }
      Instant watermark = onTime.getCurrentRelativeTime();
      if (watermark.isBefore(end(window))) { // Flink's timers fire a millisecond too early.
        onTime.withOutputTimestamp(window.maxTimestamp()).set(end(window));
        return;
      }
      if (isClosed(window, watermark)) { // It has jumped.
        finish(window, now, log, progress, out);
        return;
      }
      progress.write(fireNew(window, PaneInfo.Timing.ON_TIME, log, now.over(), out));
    }

    /** Fires the keys that have something new; how far the window has come by it. */
    private WindowProgress fireNew(
        BoundedWindow window,
        PaneInfo.Timing timing,
        BagState<byte[]> log,
        WindowProgress now,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      Sums<A> sums = read(log);
      Firing<A> firing = new Firing<>(window, timing, false, out);
      sums.byKey().forEach(firing::ifNew);
      return rewrite(sums, log, now);
    }

    @OnTimer(LAST)
    public void last(
        BoundedWindow window,
        @StateId(LOG) BagState<byte[]> log,
        @StateId(PROGRESS) ValueState<WindowProgress> progress,
        @TimerId(LAST) Timer last,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      WindowProgress now = progress.read();
      if (now == null) {
        return;
      }
      if (!isClosed(window, last.getCurrentRelativeTime())) {
        last.withNoOutputTimestamp().set(closing(window));
        return;
      }
      finish(window, now, log, progress, out);
    }

    private void finish(
        BoundedWindow window,
        WindowProgress now,
        BagState<byte[]> log,
        ValueState<WindowProgress> progress,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      PaneInfo.Timing timing = now.isOver() ? PaneInfo.Timing.LATE : PaneInfo.Timing.ON_TIME;
      Firing<A> firing = new Firing<>(window, timing, true, out);
      read(log).byKey().forEach(firing::fire);
      log.clear();
      progress.clear();
    }

    /** Fires the keys of a late block; what to keep of it. */
    private byte[] correct(
        byte[] block,
        BoundedWindow window,
        BagState<byte[]> log,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      Sums<A> sums = new Sums<>(aggregation);
      sums.add(block);
      sums.byKey().values().forEach(Sums.Sum::fire);
      byte[] fired = sums.toBlock();
      sums.addToKnown(log.read());
      Firing<A> firing = new Firing<>(window, PaneInfo.Timing.LATE, false, out);
      sums.byKey().forEach(firing::fired);
      return fired;
    }

    private Sums<A> read(BagState<byte[]> log) throws IOException {
      Sums<A> sums = new Sums<>(aggregation);
      for (byte[] block : log.read()) {
        sums.add(block);
      }
      return sums;
    }

    private static <A> WindowProgress rewrite(
        Sums<A> sums, BagState<byte[]> log, WindowProgress progress) throws IOException {
      byte[] all = sums.toBlock();
      log.clear();
      log.add(all);
      return progress.together(all.length);
    }

    /** The first instant after the window. */
    private static Instant end(BoundedWindow window) {
      return window.maxTimestamp().plus(MILLI);
    }

    /** When nothing is added any more. */
    private Instant closing(BoundedWindow window) {
      Instant closing = end(window).plus(allowedLateness);
      Instant last = GlobalWindow.INSTANCE.maxTimestamp();
      return closing.isAfter(last) ? last : closing;
    }

    private boolean isClosed(BoundedWindow window, Instant watermark) {
      return !watermark.isBefore(closing(window));
    }

    /** Results go out behind the watermark, as late ones must. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }

    /** One firing of a window. */
    private static final class Firing<A> {
      private final java.time.Instant start;
      private final java.time.Instant end;
      private final Instant timestamp;
      private final PaneInfo.Timing timing;
      private final boolean isFinal;
      private final OutputReceiver<WindowResult<A>> out;

      Firing(
          BoundedWindow window,
          PaneInfo.Timing timing,
          boolean isFinal,
          OutputReceiver<WindowResult<A>> out) {
        IntervalWindow interval = (IntervalWindow) window;
        this.start = java.time.Instant.ofEpochMilli(interval.start().getMillis());
        this.end = java.time.Instant.ofEpochMilli(interval.end().getMillis());
        this.timestamp = window.maxTimestamp();
        this.timing = timing;
        this.isFinal = isFinal;
        this.out = out;
      }

      void ifNew(String key, Sums.Sum<A> sum) {
        if (sum.isNew()) {
          fire(key, sum);
        }
      }

      void fire(String key, Sums.Sum<A> sum) {
        sum.fire();
        fired(key, sum);
      }

      void fired(String key, Sums.Sum<A> sum) {
        out.outputWithTimestamp(
            new WindowResult<>(
                key,
                start,
                end,
                sum.counted().aggregate(),
                sum.panes() - 1L,
                timing,
                isFinal,
                sum.counted().events()),
            timestamp);
      }
    }
  }
}
