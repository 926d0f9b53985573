package dev.millrace.transforms.window;

import dev.millrace.transforms.record.FieldWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Instant;

/** What a bundle has of the sessions of each key. */
final class SessionParts<T, A> extends PerBundle.Gatherer<T> {
  private static final long serialVersionUID = 1L;

  private final CountedAggregation<T, A> aggregation;
  private final long gap;

  /** By key; what touches the last of a key is put to it, the rest is left to the state. */
  private transient Map<String, List<Session<A>>> gathered;

  SessionParts(CountedAggregation<T, A> aggregation, long gap) {
    this.aggregation = aggregation;
    this.gap = gap;
  }

  @Override
  void clear() {
    gathered = new HashMap<>();
  }

  @Override
  int gather(T element, long millis) {
    Session<A> one =
        Session.of(millis, millis, aggregation.counted(aggregation.add(null, element), millis, 1));
    List<Session<A>> its =
        gathered.computeIfAbsent(aggregation.key(element), key -> new ArrayList<>(1));
    int last = its.size() - 1;
    if (last >= 0 && its.get(last).touches(one, gap)) {
      its.set(last, its.get(last).merge(one, aggregation));
      return 0;
    }
    its.add(one);
    return 1;
  }

  @Override
  void flush(BiConsumer<KV<Integer, byte[]>, Instant> out) throws IOException {
    for (Map.Entry<String, List<Session<A>>> each : gathered.entrySet()) {
      for (Session<A> part : each.getValue()) {
        FieldWriter into = into(each.getKey(), part.first());
        into.putText(each.getKey());
        part.write(aggregation, into);
      }
    }
    yieldShards(out);
  }
}
