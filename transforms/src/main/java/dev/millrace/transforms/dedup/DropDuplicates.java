package dev.millrace.transforms.dedup;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Lets the first element of each id pass.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window, which the output keeps; timestamps pass
 *       unchanged.
 *   <li>Key and order: the id. Of several elements of an id the one that arrives first passes; in a
 *       bounded run that may be any of them.
 *   <li>Lateness: none is dropped.
 *   <li>Guarantee: exact, for as long as an id is remembered: at least until the watermark has
 *       passed the first element's time by {@code remembered}, and not much longer. A duplicate
 *       that comes later than that passes.
 *   <li>State: the ids with their times, in {@value #SHARDS} shards by hash; every so often a timer
 *       forgets those that are over.
 * </ul>
 *
 * <p>Elements of a bundle travel to their shard together: one shuffle and one state access per
 * element would cost several times as much. Counts {@code duplicates} under the pipeline's name.
 */
public final class DropDuplicates<T> extends PTransform<PCollection<T>, PCollection<T>> {
  private static final long serialVersionUID = 1L;

  /** Part of the identity of the state: changing it loses what is remembered. */
  private static final int SHARDS = 64;

  private static final int MAX_GATHERED = 5_000;

  private final String pipeline;
  private final SerializableFunction<T, String> id;
  private final Duration remembered;

  private DropDuplicates(String pipeline, SerializableFunction<T, String> id, Duration remembered) {
    this.pipeline = pipeline;
    this.id = id;
    this.remembered = remembered;
  }

  /**
   * Drops elements whose id has been seen.
   *
   * @param pipeline the namespace of the metrics
   * @param remembered how long an id is known, in event time
   */
  public static <T> DropDuplicates<T> by(
      String pipeline, SerializableFunction<T, String> id, Duration remembered) {
    if (!remembered.isLongerThan(Duration.ZERO)) {
      throw new IllegalArgumentException(
          "ids are remembered for " + remembered.getMillis() + " ms");
    }
    return new DropDuplicates<>(pipeline, id, remembered);
  }

  @Override
  public PCollection<T> expand(PCollection<T> elements) {
    Coder<T> coder = elements.getCoder();
    return elements
        .apply("ToShards", ParDo.of(new ToShardsFn<>(id)))
        .setCoder(
            KvCoder.of(
                VarIntCoder.of(), ListCoder.of(TimestampedValue.TimestampedValueCoder.of(coder))))
        .apply("DropSeen", ParDo.of(new DropSeenFn<>(pipeline, id, remembered)))
        .setCoder(coder);
  }

  /** Gathers the elements of a bundle by shard. */
  private static final class ToShardsFn<T> extends DoFn<T, KV<Integer, List<TimestampedValue<T>>>> {
    private static final long serialVersionUID = 1L;

    private final SerializableFunction<T, String> id;
    private transient Map<Integer, List<TimestampedValue<T>>> gathered;
    private transient int count;

    ToShardsFn(SerializableFunction<T, String> id) {
      this.id = id;
    }

    @StartBundle
    public void startBundle() {
      gathered = new HashMap<>();
      count = 0;
    }

    @ProcessElement
    public void process(
        @Element T element,
        @Timestamp Instant time,
        OutputReceiver<KV<Integer, List<TimestampedValue<T>>>> out) {
      gathered
          .computeIfAbsent(shard(id.apply(element)), number -> new ArrayList<>())
          .add(TimestampedValue.of(element, time));
      count++;
      if (count == MAX_GATHERED) {
        gathered.forEach(
            (shard, elements) -> out.outputWithTimestamp(KV.of(shard, elements), oldest(elements)));
        startBundle();
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      gathered.forEach(
          (shard, elements) ->
              out.output(KV.of(shard, elements), oldest(elements), GlobalWindow.INSTANCE));
      gathered = new HashMap<>();
    }

    /** Flushed by a later element than those gathered. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }

    /** The same in every process, for all time. */
    private static int shard(String id) {
      CRC32C hash = new CRC32C();
      hash.update(id.getBytes(StandardCharsets.UTF_8));
      return (int) (hash.getValue() % SHARDS);
    }

    private static <T> Instant oldest(List<TimestampedValue<T>> elements) {
      Instant oldest = elements.get(0).getTimestamp();
      for (TimestampedValue<T> each : elements) {
        oldest = each.getTimestamp().isBefore(oldest) ? each.getTimestamp() : oldest;
      }
      return oldest;
    }
  }

  private static final class DropSeenFn<T> extends DoFn<KV<Integer, List<TimestampedValue<T>>>, T> {
    private static final long serialVersionUID = 1L;
    private static final String SEEN = "seen";
    private static final String FORGET = "forget";
    private static final String ARMED = "armed";

    /** Forgetting looks at every id: so many times in the time that one is remembered, at most. */
    private static final int FORGETS_PER_TERM = 8;

    private final SerializableFunction<T, String> id;
    private final Duration remembered;
    private final Counter duplicates;

    @StateId(SEEN)
    private final StateSpec<MapState<String, Long>> seenSpec =
        StateSpecs.map(StringUtf8Coder.of(), VarLongCoder.of());

    @StateId(ARMED)
    private final StateSpec<ValueState<Boolean>> armedSpec = StateSpecs.value(BooleanCoder.of());

    @TimerId(FORGET)
    private final TimerSpec forgetSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    DropSeenFn(String pipeline, SerializableFunction<T, String> id, Duration remembered) {
      this.id = id;
      this.remembered = remembered;
      this.duplicates = Metrics.counter(pipeline, "duplicates");
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, List<TimestampedValue<T>>> shard,
        @StateId(SEEN) MapState<String, Long> seen,
        @StateId(ARMED) ValueState<Boolean> armed,
        @TimerId(FORGET) Timer forget,
        OutputReceiver<T> out) {
      long dropped = 0;
      for (TimestampedValue<T> each : shard.getValue()) {
        String its = id.apply(each.getValue());
        if (seen.get(its).read() != null) {
          dropped++;
          continue;
        }
        seen.put(its, each.getTimestamp().getMillis());
        if (armed.read() == null) {
          arm(each.getTimestamp().plus(remembered), armed, forget);
        }
        out.outputWithTimestamp(each.getValue(), each.getTimestamp());
      }
      duplicates.inc(dropped);
    }

    @OnTimer(FORGET)
    public void forget(
        @StateId(SEEN) MapState<String, Long> seen,
        @StateId(ARMED) ValueState<Boolean> armed,
        @TimerId(FORGET) Timer forget) {
      Instant watermark = forget.getCurrentRelativeTime();
      long over = watermark.minus(remembered).getMillis();
      long oldest = Long.MAX_VALUE;
      List<String> forgotten = new ArrayList<>();
      for (Map.Entry<String, Long> each : seen.entries().read()) {
        if (each.getValue() <= over) {
          forgotten.add(each.getKey());
        } else {
          oldest = Math.min(oldest, each.getValue());
        }
      }
      forgotten.forEach(seen::remove);
      armed.clear();
      if (oldest != Long.MAX_VALUE) {
        Instant next = Instant.ofEpochMilli(oldest).plus(remembered);
        Instant soonest = watermark.plus(remembered.dividedBy(FORGETS_PER_TERM));
        arm(next.isBefore(soonest) ? soonest : next, armed, forget);
      }
    }

    private static void arm(Instant at, ValueState<Boolean> armed, Timer forget) {
      armed.write(true);
      forget.withNoOutputTimestamp().set(at);
    }
  }
}
