package dev.millrace.transforms.admission;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.state.MapState;

/**
 * The ids of a shard: in its state as a log of {@link IdBlock}s, of which only the last is ever
 * written again; and in memory an {@link IdIndex} of it, so that a new id costs no access to state.
 *
 * <p>The index is made of the state, by whoever finds that the state is not as he left it: after a
 * restart, or where several workers take turns.
 *
 * <p>Use: {@link #open}, then any of the others, then {@link #close}.
 */
final class SeenIds {
  private final IdIndex index = new IdIndex();
  private final IdBlock tail = new IdBlock();
  private long indexed = IdLog.NO_REVISION;

  private MapState<Integer, byte[]> blocks;
  private IdLog log = IdLog.EMPTY;
  private int last;
  private long ids;
  private boolean changed;

  /** Begins a batch with what the state has. */
  void open(IdLog stored, MapState<Integer, byte[]> storedBlocks) {
    blocks = storedBlocks;
    log = stored;
    last = stored.last();
    ids = stored.ids();
    changed = false;
    if (stored.revision() != indexed || indexed == IdLog.NO_REVISION) {
      byte[] unfinished = blocks.get(last).read();
      tail.clear();
      if (unfinished != null) {
        tail.fill(unfinished);
      }
      index();
    }
    indexed = IdLog.NO_REVISION;
  }

  /** Ends a batch; the state gets what was added. */
  IdLog close() {
    if (changed) {
      if (tail.size() > 0) {
        blocks.put(last, tail.toBytes());
      }
      log = new IdLog(last, ids, ThreadLocalRandom.current().nextLong());
    }
    indexed = log.revision();
    return log;
  }

  /** Says which candidates will be looked for next; not needed, but that is faster. */
  void expect(List<? extends Candidate<?>> candidates) {
    for (Candidate<?> each : candidates) {
      index.touch(each.low());
    }
  }

  /** What is known of a candidate. */
  IdBlock.Known find(Candidate<?> candidate, long horizonSeconds) {
    long low = candidate.low();
    for (int place = index.find(low); place != IdIndex.NONE; place = index.findNext(low, place)) {
      IdBlock.Known known = find(candidate, horizonSeconds, index.blockAt(place, last));
      if (known != IdBlock.Known.NO) {
        return known;
      }
    }
    return IdBlock.Known.NO;
  }

  private IdBlock.Known find(Candidate<?> candidate, long horizonSeconds, int number) {
    if (number == last) {
      return tail.find(candidate, horizonSeconds);
    }
    byte[] block = blocks.get(number).read();
    return block == null ? IdBlock.Known.NO : IdBlock.find(block, candidate, horizonSeconds);
  }

  /** Remembers a candidate's id. */
  void add(Candidate<?> candidate) {
    tail.add(candidate);
    added(candidate.low());
  }

  private void added(long low) {
    index.add(low, last);
    ids++;
    changed = true;
    if (tail.isFull()) {
      finishTail();
    }
    if (index.isFull()) {
      index();
    }
  }

  private void finishTail() {
    if (tail.size() > 0) {
      blocks.put(last, tail.toBytes());
      last++;
      tail.clear();
    }
  }

  /**
   * Throws out the ids of a time before {@code second}, since 1970. Those of a far future, which
   * would stay where they are for ever, are moved while the index still tells their blocks from
   * newer ones.
   */
  void forgetBefore(long second) {
    Map<Integer, byte[]> expired = new HashMap<>();
    for (Map.Entry<Integer, byte[]> each : blocks.entries().read()) {
      if (IdBlock.hasBefore(each.getValue(), second) || last - each.getKey() > IdIndex.BLOCKS / 2) {
        expired.put(each.getKey(), each.getValue());
      }
    }
    if (!expired.isEmpty()) {
      finishTail();
      expired.forEach((number, block) -> forgetBefore(second, number, block));
    }
    if (ids == 0) {
      index.reset(0);
    }
  }

  /** What of a block is not yet too old goes to the log's end. */
  private void forgetBefore(long second, int number, byte[] block) {
    blocks.remove(number);
    changed = true;
    ids -= block.length / IdBlock.ENTRY;
    for (int at = 0; at < block.length; at += IdBlock.ENTRY) {
      if (IdBlock.secondsAt(block, at) >= second) {
        tail.add(block, at);
        added(IdBlock.lowAt(block, at));
      }
    }
  }

  private void index() {
    index.reset(ids);
    for (Map.Entry<Integer, byte[]> each : blocks.entries().read()) {
      index(each.getValue(), each.getKey());
    }
    index(tail.toBytes(), last);
  }

  private void index(byte[] block, int number) {
    for (int at = 0; at < block.length; at += IdBlock.ENTRY) {
      index.add(IdBlock.lowAt(block, at), number);
    }
  }
}
