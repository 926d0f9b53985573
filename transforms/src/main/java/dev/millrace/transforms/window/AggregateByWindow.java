package dev.millrace.transforms.window;

import dev.millrace.transforms.record.Batch;
import java.io.Serializable;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/**
 * Aggregates the elements of batches by key and window.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window, which the output keeps. Output: one
 *       result per key, window and pane, at the last instant of its window.
 *   <li>Key and order: any order gives the same aggregates, if the aggregation is associative and
 *       commutative. Keys are spread over 64 shards, so at most 64 workers share them.
 *   <li>Lateness: the policy's. Later than that is dropped, and only the counter {@code
 *       droppedDueToLateness} knows: judge events before, with {@link
 *       dev.millrace.transforms.admission.AdmitOnce}.
 *   <li>Guarantee: each element counts once in each of its windows.
 *   <li>State: one aggregate per key and open window, and up to twice as much again of what isn't
 *       put together yet; gone when the window is closed. Of each key of sessions there are some 40
 *       bytes and the key in memory beside it.
 * </ul>
 *
 * <p>Elements of a bundle that fall into the same windows are put together before the shuffle,
 * which Flink's streaming doesn't do by itself, and what is shuffled and kept in state is a shard's
 * sums and not a key's: that spares most of its cost (ADR 9). No window fires later by it, since no
 * watermark moves inside a bundle.
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
  private final CountedAggregation<T, A> aggregation;

  private AggregateByWindow(WindowPolicy policy, CountedAggregation<T, A> aggregation) {
    this.policy = policy;
    this.aggregation = aggregation;
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
    return new AggregateByWindow<>(
        policy, new CountedAggregation<>(aggregation, aggregateCoder, accounts));
  }

  @Override
  public PCollection<WindowResult<A>> expand(PCollection<Batch<T>> elements) {
    Duration slice = policy.slice();
    Duration gap = policy.gap();
    PerBundle.Gatherer<T> gatherer =
        slice == null
            ? new SessionParts<>(aggregation, gap.getMillis())
            : new SliceSums<>(aggregation, slice.getMillis());
    PCollection<KV<Integer, byte[]>> shards =
        elements
            .apply("PerBundle", PerBundle.by(gatherer))
            .setCoder(KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of()));
    if (slice == null) {
      return shards
          .apply("Fire", FireSessions.by(policy, aggregation))
          .setCoder(WindowResultCoder.of(aggregation.coder()));
    }
    return shards
        .apply("Window", policy.window())
        .apply("Fire", FireWindows.by(policy, aggregation))
        .setCoder(WindowResultCoder.of(aggregation.coder()))
        .apply("GlobalWindow", Window.into(new GlobalWindows()));
  }
}
