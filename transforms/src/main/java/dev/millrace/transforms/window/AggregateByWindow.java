package dev.millrace.transforms.window;

import dev.millrace.transforms.record.Batch;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.NullableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Aggregates the elements of batches by key and window.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window. Output: one result per key, window and
 *       pane, in the windows of the policy.
 *   <li>Key and order: any order gives the same aggregates, if the aggregation is associative and
 *       commutative.
 *   <li>Lateness: the policy's. Later than that is dropped, and only Beam's counter {@code
 *       droppedDueToLateness} knows: judge events before, with {@link
 *       dev.millrace.transforms.admission.AdmitOnce}.
 *   <li>Guarantee: each element counts once in each of its windows.
 *   <li>State: one aggregate per key and open window, gone when the window is closed.
 * </ul>
 *
 * <p>Elements of a bundle that fall into the same windows are put together before the shuffle,
 * which Flink's streaming doesn't do by itself: that spares most of its cost (ADR 9). No window
 * fires later by it, since no watermark moves inside a bundle.
 */
public final class AggregateByWindow<T, A>
    extends PTransform<PCollection<Batch<T>>, PCollection<WindowResult<A>>> {
  private static final long serialVersionUID = 1L;

  /** How elements are put together. Its aggregates are immutable. */
  public interface Aggregation<T, A> extends Serializable {

    /** The element's key. */
    String key(T element);

    /** An aggregate with one more element; of the element alone if there's none yet. */
    A add(@Nullable A aggregate, T element);

    /** The aggregate of all elements of both. */
    A merge(A one, A other);
  }

  private final WindowPolicy policy;
  private final Aggregation<T, A> aggregation;
  private final Coder<A> aggregateCoder;
  private final Duration accounts;

  private AggregateByWindow(
      WindowPolicy policy,
      Aggregation<T, A> aggregation,
      Coder<A> aggregateCoder,
      Duration accounts) {
    this.policy = policy;
    this.aggregation = aggregation;
    this.aggregateCoder = aggregateCoder;
    this.accounts = accounts;
  }

  /**
   * Aggregates in the windows of {@code policy}.
   *
   * @param accounts the size of the windows by which results say how many elements they hold; a
   *     multiple of the policy's slices
   */
  public static <T, A> AggregateByWindow<T, A> of(
      WindowPolicy policy,
      Aggregation<T, A> aggregation,
      Coder<A> aggregateCoder,
      Duration accounts) {
    Duration slice = policy.slice();
    if (slice != null && accounts.getMillis() % slice.getMillis() != 0) {
      throw new IllegalArgumentException(
          "accounts of " + accounts + " can't be kept with slices of " + slice);
    }
    return new AggregateByWindow<>(policy, aggregation, aggregateCoder, accounts);
  }

  @Override
  public PCollection<WindowResult<A>> expand(PCollection<Batch<T>> elements) {
    Coder<Counted<A>> counted = new CountedCoder<>(aggregateCoder);
    return elements
        .apply("PerBundle", ParDo.of(new PerBundleFn<>(aggregation, policy.slice(), accounts)))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), counted))
        .apply("Window", policy.window())
        .apply("Merge", Combine.perKey(new MergeFn<>(aggregation, counted)))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), NullableCoder.of(counted)))
        .apply("Results", ParDo.of(new ResultFn<A>()))
        .setCoder(WindowResultCoder.of(aggregateCoder));
  }

  /** What a bundle holds of a key in a slice of time. */
  private static final class Gathered<A> {
    private A aggregate;
    private long oldest;
    private long count = 1;

    Gathered(A aggregate, long oldest) {
      this.aggregate = aggregate;
      this.oldest = oldest;
    }
  }

  private record Slice(String key, long number) {}

  private static final class PerBundleFn<T, A> extends DoFn<Batch<T>, KV<String, Counted<A>>> {
    private static final long serialVersionUID = 1L;

    /** In batch mode a bundle is all there is. */
    private static final int MAX_GATHERED = 10_000;

    private final Aggregation<T, A> aggregation;
    private final @Nullable Duration slice;
    private final Duration accounts;
    private transient Map<Slice, Gathered<A>> gathered;

    PerBundleFn(Aggregation<T, A> aggregation, @Nullable Duration slice, Duration accounts) {
      this.aggregation = aggregation;
      this.slice = slice;
      this.accounts = accounts;
    }

    @StartBundle
    public void startBundle() {
      gathered = new HashMap<>();
    }

    @ProcessElement
    public void process(@Element Batch<T> elements, OutputReceiver<KV<String, Counted<A>>> out) {
      for (int i = 0; i < elements.size(); i++) {
        T element = elements.values().get(i);
        long millis = elements.millis()[i];
        if (slice == null) {
          Gathered<A> alone = new Gathered<>(aggregation.add(null, element), millis);
          out.outputWithTimestamp(
              KV.of(aggregation.key(element), counted(alone)), Instant.ofEpochMilli(millis));
        } else {
          gather(element, millis);
          if (gathered.size() >= MAX_GATHERED) {
            flush(out::outputWithTimestamp);
          }
        }
      }
    }

    private void gather(T element, long millis) {
      Slice its = new Slice(aggregation.key(element), Math.floorDiv(millis, slice.getMillis()));
      Gathered<A> before = gathered.get(its);
      if (before == null) {
        gathered.put(its, new Gathered<>(aggregation.add(null, element), millis));
      } else {
        before.aggregate = aggregation.add(before.aggregate, element);
        before.count++;
        before.oldest = Math.min(before.oldest, millis);
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      flush((all, oldest) -> out.output(all, oldest, GlobalWindow.INSTANCE));
    }

    private void flush(BiConsumer<KV<String, Counted<A>>, Instant> out) {
      gathered.forEach(
          (its, all) ->
              out.accept(KV.of(its.key(), counted(all)), Instant.ofEpochMilli(all.oldest)));
      gathered.clear();
    }

    private Counted<A> counted(Gathered<A> all) {
      long start = all.oldest - Math.floorMod(all.oldest, accounts.getMillis());
      return new Counted<>(all.aggregate, EventCounts.of(start, all.count));
    }

    /** A full map is flushed by a later element than those in it. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }
  }

  private static final class ResultFn<A> extends DoFn<KV<String, Counted<A>>, WindowResult<A>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<String, Counted<A>> counted,
        BoundedWindow window,
        PaneInfo pane,
        OutputReceiver<WindowResult<A>> out) {
      if (counted.getValue() == null) {
        // Where the watermark jumps over a window and its lateness, Flink fires the last pane, and
        // then once more, with nothing in it: that would overwrite the result.
        return;
      }
      IntervalWindow interval = (IntervalWindow) window;
      out.output(
          new WindowResult<>(
              counted.getKey(),
              java.time.Instant.ofEpochMilli(interval.start().getMillis()),
              java.time.Instant.ofEpochMilli(interval.end().getMillis()),
              counted.getValue().aggregate(),
              pane.getIndex(),
              pane.getTiming(),
              pane.isLast(),
              counted.getValue().events()));
    }
  }

  private static final class MergeFn<T, A>
      extends Combine.CombineFn<Counted<A>, Counted<A>, Counted<A>> {
    private static final long serialVersionUID = 1L;

    private final Aggregation<T, A> aggregation;
    private final Coder<Counted<A>> coder;

    MergeFn(Aggregation<T, A> aggregation, Coder<Counted<A>> coder) {
      this.aggregation = aggregation;
      this.coder = coder;
    }

    @Override
    public @Nullable Counted<A> createAccumulator() {
      return null;
    }

    @Override
    public Counted<A> addInput(@Nullable Counted<A> accumulator, Counted<A> input) {
      return accumulator == null ? input : merged(accumulator, input);
    }

    @Override
    public @Nullable Counted<A> mergeAccumulators(Iterable<Counted<A>> accumulators) {
      Counted<A> merged = null;
      for (Counted<A> each : accumulators) {
        if (each != null) {
          merged = merged == null ? each : merged(merged, each);
        }
      }
      return merged;
    }

    @Override
    public Counted<A> extractOutput(@Nullable Counted<A> accumulator) {
      return accumulator;
    }

    @Override
    public Coder<Counted<A>> getAccumulatorCoder(CoderRegistry registry, Coder<Counted<A>> input) {
      return NullableCoder.of(coder);
    }

    @Override
    public Coder<Counted<A>> getDefaultOutputCoder(
        CoderRegistry registry, Coder<Counted<A>> input) {
      return coder;
    }

    private Counted<A> merged(Counted<A> one, Counted<A> other) {
      return new Counted<>(
          aggregation.merge(one.aggregate(), other.aggregate()), one.events().plus(other.events()));
    }
  }
}
