package dev.millrace.transforms.admission;

import java.util.HashMap;
import java.util.Map;
import org.apache.beam.sdk.state.MapState;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The ids of a shard, in small buckets: what a batch rewrites must stay small. The buckets double
 * when they get full, so that it does whatever their number.
 */
final class SeenIds {
  private static final int MAX_PER_BUCKET = 64;
  private static final int MAX_BITS = 24;

  private final MapState<Integer, byte[]> buckets;
  private final Map<Integer, IdBlock> touched = new HashMap<>();
  private int bits;
  private long ids;

  /**
   * As the state has them.
   *
   * @param bits there are 2 to this power buckets
   * @param ids in them
   */
  SeenIds(MapState<Integer, byte[]> buckets, int bits, long ids) {
    this.buckets = buckets;
    this.bits = bits;
    this.ids = ids;
  }

  int bits() {
    return bits;
  }

  long ids() {
    return ids;
  }

  /** What is known of a candidate. */
  IdBlock.Known find(Candidate<?> candidate, long horizonSeconds) {
    return bucket(candidate).find(candidate, horizonSeconds);
  }

  /** Remembers a candidate's id, until {@link #write} in memory only. */
  void add(Candidate<?> candidate) {
    bucket(candidate).add(candidate);
    ids++;
  }

  /** Puts what was added into the state. */
  void write() {
    touched.forEach(
        (number, block) -> {
          if (block.isChanged()) {
            buckets.put(number, block.toBytes());
          }
        });
    touched.clear();
    while (ids > (long) MAX_PER_BUCKET << bits && bits < MAX_BITS) {
      split();
    }
  }

  /** Throws out the ids of a time before {@code second}, since 1970. */
  void forgetBefore(long second) {
    Map<Integer, IdBlock> changes = new HashMap<>();
    long left = 0;
    for (Map.Entry<Integer, byte[]> each : buckets.entries().read()) {
      IdBlock before = IdBlock.of(each.getValue());
      IdBlock after = before.since(second);
      left += after.size();
      if (after.size() < before.size()) {
        changes.put(each.getKey(), after);
      }
    }
    changes.forEach(this::put);
    ids = left;
    if (ids == 0) {
      bits = 0;
    }
  }

  /** Each bucket gives those of its ids that have the next bit set to a new one. */
  private void split() {
    int before = 1 << bits;
    for (int number = 0; number < before; number++) {
      byte[] bytes = buckets.get(number).read();
      if (bytes != null) {
        IdBlock block = IdBlock.of(bytes);
        put(number, block.where(bits, false));
        put(number + before, block.where(bits, true));
      }
    }
    bits++;
  }

  private void put(int number, IdBlock block) {
    if (block.size() == 0) {
      buckets.remove(number);
    } else {
      buckets.put(number, block.toBytes());
    }
  }

  private IdBlock bucket(Candidate<?> candidate) {
    int number = (int) (candidate.low() & (1L << bits) - 1);
    IdBlock block = touched.get(number);
    if (block == null) {
      byte @Nullable [] bytes = buckets.get(number).read();
      block = bytes == null ? IdBlock.empty() : IdBlock.of(bytes);
      touched.put(number, block);
    }
    return block;
  }
}
