package dev.millrace.transforms.window;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.FieldWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Instant;

/** {@link AggregateByWindow} for sessions, whose windows depend on the key. */
final class MergeSessions<T, A>
    extends PTransform<PCollection<Batch<T>>, PCollection<WindowResult<A>>> {
  private static final long serialVersionUID = 1L;

  private final WindowPolicy policy;
  private final CountedAggregation<T, A> aggregation;

  MergeSessions(WindowPolicy policy, CountedAggregation<T, A> aggregation) {
    this.policy = policy;
    this.aggregation = aggregation;
  }

  @Override
  public PCollection<WindowResult<A>> expand(PCollection<Batch<T>> elements) {
    return elements
        .apply("PerBundle", PerBundle.by(new PerSession<>(aggregation, policy.gap().getMillis())))
        .setCoder(KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of()))
        .apply("Fire", FireSessions.by(policy, aggregation))
        .setCoder(WindowResultCoder.of(aggregation.coder()));
  }

  private static final class PerSession<T, A> extends PerBundle.Gatherer<T> {
    private static final long serialVersionUID = 1L;

    private final CountedAggregation<T, A> aggregation;
    private final long gap;

    /** By key; what touches the last of a key is put to it, the rest is left to the state. */
    private transient Map<String, List<Session<A>>> gathered;

    PerSession(CountedAggregation<T, A> aggregation, long gap) {
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
          Session.of(
              millis, millis, aggregation.counted(aggregation.add(null, element), millis, 1));
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
}
