package dev.millrace.transforms.window;

import dev.millrace.transforms.record.Batch;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/** {@link AggregateByWindow} for windows that are the same for all keys. */
final class SumByShard<T, A>
    extends PTransform<PCollection<Batch<T>>, PCollection<WindowResult<A>>> {
  private static final long serialVersionUID = 1L;

  private final WindowPolicy policy;
  private final CountedAggregation<T, A> aggregation;

  SumByShard(WindowPolicy policy, CountedAggregation<T, A> aggregation) {
    this.policy = policy;
    this.aggregation = aggregation;
  }

  @Override
  public PCollection<WindowResult<A>> expand(PCollection<Batch<T>> elements) {
    return elements
        .apply("PerBundle", PerBundle.by(new PerSlice<>(aggregation, policy.slice().getMillis())))
        .setCoder(KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of()))
        .apply("Window", policy.window())
        .apply("Fire", FireWindows.by(policy, aggregation))
        .setCoder(WindowResultCoder.of(aggregation.coder()))
        .apply("GlobalWindow", Window.into(new GlobalWindows()));
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

  /** Elements of a slice of time are in the same windows. */
  private static final class PerSlice<T, A> extends PerBundle.Gatherer<T> {
    private static final long serialVersionUID = 1L;

    private final CountedAggregation<T, A> aggregation;
    private final long slice;

    /** By slice, then by key. */
    private transient Map<Long, Map<String, Gathered<A>>> gathered;

    private transient long lastSlice;
    private transient @Nullable Map<String, Gathered<A>> ofLastSlice;

    PerSlice(CountedAggregation<T, A> aggregation, long slice) {
      this.aggregation = aggregation;
      this.slice = slice;
    }

    @Override
    void clear() {
      gathered = new HashMap<>();
      ofLastSlice = null;
    }

    @Override
    int gather(T element, long millis) {
      Map<String, Gathered<A>> byKey = ofSlice(Math.floorDiv(millis, slice));
      String key = aggregation.key(element);
      Gathered<A> before = byKey.get(key);
      if (before == null) {
        byKey.put(key, new Gathered<>(aggregation.add(null, element), millis));
        return 1;
      }
      before.aggregate = aggregation.add(before.aggregate, element);
      before.count++;
      before.oldest = Math.min(before.oldest, millis);
      return 0;
    }

    private Map<String, Gathered<A>> ofSlice(long number) {
      Map<String, Gathered<A>> last = ofLastSlice;
      if (last == null || number != lastSlice) {
        last = gathered.computeIfAbsent(number, any -> new HashMap<>());
        ofLastSlice = last;
        lastSlice = number;
      }
      return last;
    }

    @Override
    void flush(BiConsumer<KV<Integer, byte[]>, Instant> out) throws IOException {
      for (Map<String, Gathered<A>> byKey : gathered.values()) {
        for (Map.Entry<String, Gathered<A>> each : byKey.entrySet()) {
          Gathered<A> all = each.getValue();
          Sums.write(
              each.getKey(),
              aggregation.counted(all.aggregate, all.oldest, all.count),
              aggregation,
              into(each.getKey(), all.oldest));
        }
        yieldShards(out);
      }
    }
  }
}
