package dev.millrace.transforms.window;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.values.KV;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/** What a bundle has of each key in a slice of time, whose elements are all in the same windows. */
final class SliceSums<T, A> extends PerBundle.Gatherer<T> {
  private static final long serialVersionUID = 1L;

  private final CountedAggregation<T, A> aggregation;
  private final long slice;

  /** By slice, then by key. */
  private transient Map<Long, Map<String, Gathered<A>>> gathered;

  private transient long lastSlice;
  private transient @Nullable Map<String, Gathered<A>> ofLastSlice;

  SliceSums(CountedAggregation<T, A> aggregation, long slice) {
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
}
