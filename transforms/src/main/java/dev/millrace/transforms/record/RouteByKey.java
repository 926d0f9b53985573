package dev.millrace.transforms.record;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.io.IOException;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

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
    Coder<T> coder = Batches.valueCoder(batches);
    return batches
        .apply("ToShards", GatherByShard.with(new ByKey<>(key, coder), count))
        .apply("Route", ParDo.of(new RouteFn<>(coder)))
        .setCoder(batches.getCoder());
  }

  private record ByKey<T>(SerializableFunction<T, String> key, Coder<T> coder)
      implements GatherByShard.Packer<T> {
    private static final Hasher64 KEYS = Hashing.xxh3_64();

    @Override
    public void pack(T value, long millis, ShardBuffers into) throws IOException {
      FieldWriter out = into.forValue(KEYS.hashCharsToLong(key.apply(value)), millis);
      out.putLong(millis);
      coder.encode(value, out);
    }
  }

  /** With state, which is never written, since runners bring equal keys together only for that. */
  private static final class RouteFn<T> extends DoFn<KV<Integer, byte[]>, Batch<T>> {
    private static final long serialVersionUID = 1L;
    private static final String NOTHING = "nothing";
    private static final int ROOM = 128;

    private final Coder<T> coder;

    @StateId(NOTHING)
    private final StateSpec<ValueState<Boolean>> nothingSpec = StateSpecs.value(BooleanCoder.of());

    RouteFn(Coder<T> coder) {
      this.coder = coder;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, byte[]> shard,
        @StateId(NOTHING) ValueState<Boolean> nothing,
        OutputReceiver<Batch<T>> out)
        throws IOException {
      FieldReader in = new FieldReader(shard.getValue());
      BatchBuilder<T> batch = new BatchBuilder<>(ROOM);
      while (in.hasMore()) {
        long millis = in.getLong();
        batch.add(coder.decode(in), millis);
      }
      if (!batch.isEmpty()) {
        out.output(batch.build());
      }
    }
  }
}
