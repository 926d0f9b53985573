package dev.millrace.transforms.record;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Brings values of equal keys to the same worker, so that no two workers want the same row at the
 * same time.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window, which the output keeps.
 *   <li>Key and order: values of one key that come from one worker stay in their order.
 *   <li>Lateness: looks at no time. Values keep theirs; batches have the oldest.
 *   <li>Guarantee: each value comes out once.
 *   <li>State: none.
 * </ul>
 */
public final class RouteByKey<T> extends PTransform<PCollection<Batch<T>>, PCollection<Batch<T>>> {
  private static final long serialVersionUID = 1L;

  private final SerializableFunction<T, String> key;
  private final int count;

  private RouteByKey(SerializableFunction<T, String> key, int count) {
    this.key = key;
    this.count = count;
  }

  /**
   * By a key.
   *
   * @param shards how many workers can have a part, 1 to {@value Shards#MAX}
   */
  public static <T> RouteByKey<T> of(SerializableFunction<T, String> key, int shards) {
    return new RouteByKey<>(key, shards);
  }

  @Override
  public PCollection<Batch<T>> expand(PCollection<Batch<T>> batches) {
    return batches
        .apply("Gather", ParDo.of(new GatherFn<>(key, count)))
        .setCoder(KvCoder.of(VarIntCoder.of(), batches.getCoder()))
        .apply("Route", ParDo.of(new RouteFn<T>()))
        .setCoder(batches.getCoder());
  }

  private static final class GatherFn<T> extends DoFn<Batch<T>, KV<Integer, Batch<T>>> {
    private static final long serialVersionUID = 1L;

    /** In batch mode a bundle is all there is. */
    private static final int MAX_GATHERED = 5_000;

    private static final int ROOM = 128;
    private static final Hasher64 KEYS = Hashing.xxh3_64();

    private final SerializableFunction<T, String> key;
    private final int count;
    private transient List<BatchBuilder<T>> shards;
    private transient int gathered;

    GatherFn(SerializableFunction<T, String> key, int count) {
      this.key = key;
      this.count = count;
    }

    @StartBundle
    public void startBundle() {
      clear();
    }

    @ProcessElement
    public void process(@Element Batch<T> batch, OutputReceiver<KV<Integer, Batch<T>>> out) {
      for (int i = 0; i < batch.size(); i++) {
        T value = batch.values().get(i);
        long hash = KEYS.hashCharsToLong(key.apply(value));
        shards.get(Shards.of(hash, count)).add(value, batch.millis()[i]);
        gathered++;
      }
      if (gathered >= MAX_GATHERED) {
        flush(out::outputWithTimestamp);
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      flush((batch, oldest) -> out.output(batch, oldest, GlobalWindow.INSTANCE));
    }

    /** Flushed by a later element than those gathered. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }

    private void flush(BiConsumer<KV<Integer, Batch<T>>, Instant> out) {
      for (int i = 0; i < count; i++) {
        BatchBuilder<T> shard = shards.get(i);
        if (!shard.isEmpty()) {
          Batch<T> batch = shard.build();
          out.accept(KV.of(Shards.key(i, count), batch), Instant.ofEpochMilli(batch.oldest()));
        }
      }
      clear();
    }

    private void clear() {
      shards = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        shards.add(new BatchBuilder<>(ROOM));
      }
      gathered = 0;
    }
  }

  /** With state, which is never written, since runners bring equal keys together only for that. */
  private static final class RouteFn<T> extends DoFn<KV<Integer, Batch<T>>, Batch<T>> {
    private static final long serialVersionUID = 1L;
    private static final String NOTHING = "nothing";

    @StateId(NOTHING)
    private final StateSpec<ValueState<Boolean>> nothingSpec = StateSpecs.value(BooleanCoder.of());

    @ProcessElement
    public void process(
        @Element KV<Integer, Batch<T>> batch,
        @StateId(NOTHING) ValueState<Boolean> nothing,
        OutputReceiver<Batch<T>> out) {
      out.output(batch.getValue());
    }
  }
}
