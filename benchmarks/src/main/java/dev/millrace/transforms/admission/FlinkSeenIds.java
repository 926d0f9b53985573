package dev.millrace.transforms.admission;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.state.ReadableState;
import org.apache.beam.sdk.state.ReadableStates;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.java.tuple.Tuple3;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The product's ids of a shard, over the state of a Flink without Beam. */
public final class FlinkSeenIds<T> {
  private final SeenIds ids = new SeenIds();
  private final List<Candidate<T>> candidates = new ArrayList<>();
  private IdLog before = IdLog.EMPTY;

  /** Begins a batch. */
  public void open(ValueState<Tuple3<Integer, Long, Long>> log, MapState<Integer, byte[]> blocks)
      throws Exception {
    Tuple3<Integer, Long, Long> stored = log.value();
    before = stored == null ? IdLog.EMPTY : new IdLog(stored.f0, stored.f1, stored.f2);
    ids.open(before, new Blocks(blocks));
  }

  /** Adds an event to the batch. */
  public void add(T value, long high, long low, long millis) {
    candidates.add(new Candidate<>(value, millis, high, low, 0));
  }

  /** Remembers the new ids of the batch, and tells their events with their times. */
  public void judge(long horizonSeconds, BiConsumer<T, Long> admitted) {
    ids.expect(candidates);
    for (Candidate<T> each : candidates) {
      if (ids.find(each, horizonSeconds) == IdBlock.Known.NO) {
        ids.add(each);
        admitted.accept(each.value(), each.millis());
      }
    }
    candidates.clear();
  }

  /** Throws out the ids of a time before {@code second}, since 1970. */
  public void forgetBefore(long second) {
    ids.forgetBefore(second);
  }

  /** Ends a batch. */
  public void close(ValueState<Tuple3<Integer, Long, Long>> log) throws Exception {
    IdLog after = ids.close();
    if (!after.equals(before)) {
      log.update(Tuple3.of(after.last(), after.ids(), after.revision()));
    }
  }

  private record Blocks(MapState<Integer, byte[]> blocks)
      implements org.apache.beam.sdk.state.MapState<Integer, byte[]> {

    private interface Access<R> {
      R get() throws Exception;
    }

    private static <R> R access(Access<R> access) {
      try {
        return access.get();
      } catch (Exception e) { // As Flink declares it.
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void put(Integer number, byte[] block) {
      access(
          () -> {
            blocks.put(number, block);
            return null;
          });
    }

    @Override
    public ReadableState<byte @Nullable []> computeIfAbsent(
        Integer number, java.util.function.Function<? super Integer, ? extends byte[]> block) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void remove(Integer number) {
      access(
          () -> {
            blocks.remove(number);
            return null;
          });
    }

    @Override
    public ReadableState<byte @Nullable []> get(Integer number) {
      return ReadableStates.immediate(access(() -> blocks.get(number)));
    }

    @Override
    public ReadableState<byte @Nullable []> getOrDefault(Integer number, byte @Nullable [] other) {
      byte[] block = access(() -> blocks.get(number));
      return ReadableStates.immediate(block == null ? other : block);
    }

    @Override
    public ReadableState<Iterable<Integer>> keys() {
      return ReadableStates.immediate(access(blocks::keys));
    }

    @Override
    public ReadableState<Iterable<byte[]>> values() {
      return ReadableStates.immediate(access(blocks::values));
    }

    @Override
    public ReadableState<Iterable<Map.Entry<Integer, byte[]>>> entries() {
      return ReadableStates.immediate(access(blocks::entries));
    }

    @Override
    public ReadableState<Boolean> isEmpty() {
      return ReadableStates.immediate(access(blocks::isEmpty));
    }

    @Override
    public void clear() {
      blocks.clear();
    }
  }
}
