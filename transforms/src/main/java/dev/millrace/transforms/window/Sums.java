package dev.millrace.transforms.window;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a window has of each key of a shard, put together from blocks in any order. A block is a
 * sequence of partial sums; of a key there may be several in a block and in several blocks.
 */
final class Sums<A> {
  private static final int ROOM = 4 << 10;

  /** What is known of a key. */
  static final class Sum<A> {
    private Counted<A> counted;
    private int panes;
    private boolean isNew;

    /** All elements so far. */
    Counted<A> counted() {
      return counted;
    }

    /** In how many panes it was. */
    int panes() {
      return panes;
    }

    /** Whether there is an element that was in no pane yet. */
    boolean isNew() {
      return isNew;
    }

    /** Lets it go into one more pane. */
    void fire() {
      panes++;
      isNew = false;
    }
  }

  private final CountedAggregation<?, A> aggregation;
  private final Map<String, Sum<A>> byKey = new HashMap<>();

  Sums(CountedAggregation<?, A> aggregation) {
    this.aggregation = aggregation;
  }

  Map<String, Sum<A>> byKey() {
    return byKey;
  }

  /** Adds what a block has of all keys. */
  void add(byte[] block) throws IOException {
    add(block, key -> true);
  }

  /** Adds what blocks have of those keys alone that are here already. */
  void addToKnown(Iterable<byte[]> blocks) throws IOException {
    for (byte[] each : blocks) {
      add(each, byKey::containsKey);
    }
  }

  private void add(byte[] block, Predicate<String> wanted) throws IOException {
    FieldReader in = new FieldReader(block);
    while (in.hasMore()) {
      String key = in.getText();
      int outer = in.narrow(in.getInt());
      if (wanted.test(key)) {
        add(key, in);
      }
      in.widen(outer);
    }
  }

  private void add(String key, FieldReader in) throws IOException {
    int panes = in.getInt();
    boolean isNew = in.read() != 0;
    Counted<A> counted = aggregation.read(in);
    Sum<A> before = byKey.get(key);
    if (before == null) {
      Sum<A> sum = new Sum<>();
      sum.counted = counted;
      sum.panes = panes;
      sum.isNew = isNew;
      byKey.put(key, sum);
    } else {
      before.counted = aggregation.merge(before.counted, counted);
      before.panes += panes;
      before.isNew |= isNew;
    }
  }

  /** All of it as one block. */
  byte[] toBlock() throws IOException {
    FieldWriter out = new FieldWriter(ROOM);
    for (Map.Entry<String, Sum<A>> each : byKey.entrySet()) {
      Sum<A> sum = each.getValue();
      write(each.getKey(), sum.counted, sum.panes, sum.isNew, aggregation, out);
    }
    return out.toByteArray();
  }

  /** Adds a partial sum, whose elements were in no pane yet, to a block. */
  static <A> void write(
      String key, Counted<A> counted, CountedAggregation<?, A> aggregation, FieldWriter block)
      throws IOException {
    write(key, counted, 0, true, aggregation, block);
  }

  private static <A> void write(
      String key,
      Counted<A> counted,
      int panes,
      boolean isNew,
      CountedAggregation<?, A> aggregation,
      FieldWriter block)
      throws IOException {
    block.putText(key);
    int begun = block.beginLength();
    block.putInt(panes);
    block.write(isNew ? 1 : 0);
    aggregation.write(counted, block);
    block.endLength(begun);
  }
}
