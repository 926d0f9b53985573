package dev.millrace.transforms.window;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import java.io.IOException;
import java.io.Serializable;
import org.apache.beam.sdk.coders.Coder;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/**
 * How elements are put together, with how many there are of each accounting window.
 *
 * @param aggregates of the elements
 * @param coder of the aggregates
 * @param accounts the size of the accounting windows
 */
record CountedAggregation<T, A>(
    AggregateByWindow.Aggregation<T, A> aggregates, Coder<A> coder, Duration accounts)
    implements Serializable {

  String key(T element) {
    return aggregates.key(element);
  }

  A add(@Nullable A aggregate, T element) {
    return aggregates.add(aggregate, element);
  }

  /** So many elements, all of the accounting window of one of them. */
  Counted<A> counted(A aggregate, long millis, long count) {
    long start = millis - Math.floorMod(millis, accounts.getMillis());
    return new Counted<>(aggregate, EventCounts.of(start, count));
  }

  /** The elements of both. */
  Counted<A> merge(Counted<A> one, Counted<A> other) {
    return new Counted<>(
        aggregates.merge(one.aggregate(), other.aggregate()), one.events().plus(other.events()));
  }

  void write(Counted<A> counted, FieldWriter out) throws IOException {
    EventCountsCoder.of().encode(counted.events(), out);
    coder.encode(counted.aggregate(), out);
  }

  Counted<A> read(FieldReader in) throws IOException {
    EventCounts events = EventCountsCoder.of().decode(in);
    return new Counted<>(coder.decode(in), events);
  }
}
