package dev.millrace.transforms.window;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import java.io.IOException;

/**
 * Elements of a key of which none is further from the next than the gap, or some of them.
 * Immutable.
 *
 * @param first the time of the oldest, milliseconds since 1970
 * @param last of the newest
 * @param counted all of them
 * @param panes in how many panes it was, since it has these bounds
 * @param isNew whether there is an element that was in no pane yet
 * @param isOver whether the watermark has passed its end
 */
record Session<A>(
    long first, long last, Counted<A> counted, int panes, boolean isNew, boolean isOver) {
  private static final int NEW = 1;
  private static final int OVER = 2;

  /** What was in no pane yet. */
  static <A> Session<A> of(long first, long last, Counted<A> counted) {
    return new Session<>(first, last, counted, 0, true, false);
  }

  /** The first instant at which another element would begin a session of its own. */
  long end(long gap) {
    return last + gap;
  }

  boolean touches(Session<A> other, long gap) {
    return first < other.end(gap) && other.first < end(gap);
  }

  /** Both as one, which has new elements. */
  Session<A> merge(Session<A> other, CountedAggregation<?, A> aggregation) {
    long from = Math.min(first, other.first);
    long to = Math.max(last, other.last);
    return new Session<>(
        from,
        to,
        aggregation.merge(counted, other.counted),
        Math.max(panesIfBounds(from, to), other.panesIfBounds(from, to)),
        true,
        false);
  }

  private int panesIfBounds(long from, long to) {
    return first == from && last == to ? panes : 0;
  }

  /** After one more pane. */
  Session<A> fired() {
    return new Session<>(first, last, counted, panes + 1, false, isOver);
  }

  /** After the watermark has passed its end. */
  Session<A> over() {
    return new Session<>(first, last, counted, panes, isNew, true);
  }

  void write(CountedAggregation<?, A> aggregation, FieldWriter out) throws IOException {
    out.putLong(first);
    out.putLong(last);
    out.putInt(panes);
    out.write((isNew ? NEW : 0) | (isOver ? OVER : 0));
    aggregation.write(counted, out);
  }

  static <A> Session<A> read(CountedAggregation<?, A> aggregation, FieldReader in)
      throws IOException {
    long first = in.getLong();
    long last = in.getLong();
    int panes = in.getInt();
    int flags = in.read();
    return new Session<>(
        first, last, aggregation.read(in), panes, (flags & NEW) != 0, (flags & OVER) != 0);
  }
}
