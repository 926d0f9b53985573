package dev.millrace.transforms.admission;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.ReadableState;
import org.apache.beam.sdk.state.ReadableStates;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;

class SeenIdsTest {
  private static final long HOUR = 3_600;

  private final Map<Integer, byte[]> stored = new HashMap<>();
  private final SplittableRandom random = new SplittableRandom(5);
  private IdLog log = IdLog.EMPTY;

  @Test
  void everyIdIsFoundAgainByTheWorkerThatAddedItAndByOneThatStartsFromTheState() {
    SeenIds worker = new SeenIds();
    List<Candidate<?>> candidates = candidates(50_000);
    for (int from = 0; from < candidates.size(); from += 100) {
      List<Candidate<?>> batch = candidates.subList(from, from + 100);
      in(
          worker,
          seen ->
              batch.forEach(
                  each -> {
                    assertThat(seen.find(each, HOUR), is(IdBlock.Known.NO));
                    seen.add(each);
                  }));
    }

    assertThat(log.ids(), is(50_000L));
    assertKnown(worker, candidates, IdBlock.Known.SAME);
    assertKnown(new SeenIds(), candidates, IdBlock.Known.SAME);
    assertThat(bytesStored(), is(50_000L * IdBlock.ENTRY));
    assertThat(stored.size(), is(50_000 / IdBlock.MAX_IDS + 1));
  }

  @Test
  void aNewIdCostsNoReadAndABatchWritesNoMoreThanTheBlocksThatItHasFilledAndOne() {
    SeenIds worker = new SeenIds();
    in(worker, seen -> candidates(10_000).forEach(seen::add));
    CountingMap counting = new CountingMap(stored);

    worker.open(log, counting);
    for (Candidate<?> each : candidates(80)) {
      assertThat(worker.find(each, HOUR), is(IdBlock.Known.NO));
      worker.add(each);
    }
    log = worker.close();

    assertThat("reads, of a block that the index named in vain", counting.reads, is(0));
    assertThat(counting.writes, is(lessThanOrEqualTo(2)));
  }

  @Test
  void workersThatTakeTurnsKnowEachOthersIds() {
    SeenIds one = new SeenIds();
    SeenIds other = new SeenIds();
    List<Candidate<?>> candidates = candidates(2_000);

    for (int i = 0; i < candidates.size(); i++) {
      Candidate<?> each = candidates.get(i);
      in(i / 3 % 2 == 0 ? one : other, seen -> seen.add(each));
    }

    assertKnown(one, candidates, IdBlock.Known.SAME);
    assertKnown(other, candidates, IdBlock.Known.SAME);
  }

  @Test
  void whatALostAttemptHasAddedIsNotKnownAndWhatItsSuccessorHasAddedIs() {
    SeenIds worker = new SeenIds();
    List<Candidate<?>> before = candidates(300);
    in(worker, seen -> before.forEach(seen::add));
    IdLog checkpoint = log;
    Map<Integer, byte[]> blocksOfCheckpoint = new HashMap<>(stored);
    List<Candidate<?>> lost = candidates(100);
    in(worker, seen -> lost.forEach(seen::add));

    log = checkpoint;
    stored.clear();
    stored.putAll(blocksOfCheckpoint);
    List<Candidate<?>> after = candidates(100);
    in(new SeenIds(), seen -> after.forEach(seen::add));

    assertKnown(worker, before, IdBlock.Known.SAME);
    assertKnown(worker, lost, IdBlock.Known.NO);
    assertKnown(worker, after, IdBlock.Known.SAME);
  }

  @Test
  void batchThatFailsLeavesNothingBehind() {
    SeenIds worker = new SeenIds();
    List<Candidate<?>> before = candidates(10);
    in(worker, seen -> before.forEach(seen::add));
    List<Candidate<?>> failed = candidates(10);

    worker.open(log, new MapOf(stored));
    failed.forEach(worker::add);
    // And it is never closed.

    assertKnown(worker, failed, IdBlock.Known.NO);
    assertKnown(worker, before, IdBlock.Known.SAME);
  }

  @Test
  void idsWhoseHashesTheIndexCannotTellApartAreToldApart() {
    SeenIds worker = new SeenIds();
    List<Candidate<?>> candidates = new ArrayList<>();
    for (long i = 0; i < 1_000; i++) {
      candidates.add(candidate(0, 0x7700_0000_0000_0000L | i << 12, (int) i));
    }

    in(
        worker,
        seen ->
            candidates.forEach(
                each -> {
                  assertThat(seen.find(each, HOUR), is(IdBlock.Known.NO));
                  seen.add(each);
                }));

    assertKnown(worker, candidates, IdBlock.Known.SAME);
  }

  @Test
  void anotherContentIsConflictingAndAnotherHalfOfTheHashAnotherId() {
    in(
        new SeenIds(),
        seen -> {
          seen.add(new Candidate<>("", 0, 1, 2, 3));

          assertThat(
              seen.find(new Candidate<>("", 0, 1, 2, 4), HOUR), is(IdBlock.Known.CONFLICTING));
          assertThat(seen.find(new Candidate<>("", 0, 9, 2, 3), HOUR), is(IdBlock.Known.NO));
          assertThat(seen.find(new Candidate<>("", 0, 1, 9, 3), HOUR), is(IdBlock.Known.NO));
        });
  }

  @Test
  void idIsKnownWithinTheHorizonBeforeAndAfter() {
    in(
        new SeenIds(),
        seen -> {
          seen.add(candidate(7_200_000, 1, 1));

          assertThat(seen.find(candidate(3_600_000, 1, 1), HOUR), is(IdBlock.Known.SAME));
          assertThat(seen.find(candidate(10_800_999, 1, 1), HOUR), is(IdBlock.Known.SAME));
          assertThat(seen.find(candidate(3_599_999, 1, 1), HOUR), is(IdBlock.Known.NO));
          assertThat(seen.find(candidate(10_801_000, 1, 1), HOUR), is(IdBlock.Known.NO));
        });
  }

  @Test
  void forgettingKeepsTheYoungerAndLeavesNothingOfTheLast() {
    SeenIds worker = new SeenIds();
    List<Candidate<?>> disorderly = candidates(10_000);
    Collections.shuffle(disorderly, new Random(1));
    in(worker, seen -> disorderly.forEach(seen::add));
    List<Candidate<?>> young = new ArrayList<>(disorderly);
    young.removeIf(each -> each.millis() < 9_000_000);
    List<Candidate<?>> old = new ArrayList<>(disorderly);
    old.removeAll(young);

    in(worker, seen -> seen.forgetBefore(9_000));
    assertThat(log.ids(), is(1_000L));
    assertThat(bytesStored(), is(1_000L * IdBlock.ENTRY));
    for (SeenIds each : List.of(worker, new SeenIds())) {
      assertKnown(each, young, IdBlock.Known.SAME);
      assertKnown(each, old, IdBlock.Known.NO);
    }

    in(worker, seen -> seen.forgetBefore(10_000));
    assertThat(log.ids(), is(0L));
    assertThat(stored.isEmpty(), is(true));
  }

  @Test
  void anIdOfTheFarFutureKeepsNoOthersAlive() {
    SeenIds worker = new SeenIds();
    in(
        worker,
        seen -> {
          seen.add(candidate(4_000_000_000_000L, 1, 1));
          candidates(1_000).forEach(seen::add);
        });

    in(worker, seen -> seen.forgetBefore(1_000));

    assertThat(bytesStored(), is((long) IdBlock.ENTRY));
  }

  @Test
  void anIdOfTheFarFutureIsKnownHoweverManyBlocksHaveComeSince() {
    SeenIds worker = new SeenIds();
    Candidate<?> future = candidate(4_000_000_000_000L, 1, 1);
    in(worker, seen -> seen.add(future));
    for (int quarter = 0; quarter < 8; quarter++) {
      // As if so many blocks had been written, and had expired.
      log = new IdLog(log.last() + IdIndex.BLOCKS / 4, log.ids(), log.revision() + 1);
      in(worker, seen -> seen.forgetBefore(1_000));
    }

    assertKnown(worker, List.of(future), IdBlock.Known.SAME);
    assertKnown(new SeenIds(), List.of(future), IdBlock.Known.SAME);
  }

  @Test
  void arrayThatWasStoredIsNeverChanged() {
    SeenIds worker = new SeenIds();
    in(worker, seen -> candidates(100).forEach(seen::add));
    byte[] inACheckpoint = stored.get(0);
    byte[] copy = inACheckpoint.clone();

    in(worker, seen -> seen.add(candidate(0, 2, 2)));
    in(worker, seen -> seen.forgetBefore(50));
    in(worker, seen -> seen.add(candidate(0, 3, 3)));

    assertThat(Arrays.equals(inACheckpoint, copy), is(true));
  }

  /** One batch. */
  private void in(SeenIds worker, Consumer<SeenIds> batch) {
    worker.open(log, new MapOf(stored));
    batch.accept(worker);
    log = worker.close();
  }

  private void assertKnown(SeenIds worker, List<Candidate<?>> candidates, IdBlock.Known known) {
    in(worker, seen -> candidates.forEach(each -> assertThat(seen.find(each, HOUR), is(known))));
  }

  private long bytesStored() {
    return stored.values().stream().mapToLong(block -> block.length).sum();
  }

  /** Random ids, a second apart. */
  private List<Candidate<?>> candidates(int number) {
    List<Candidate<?>> candidates = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      candidates.add(candidate(1_000L * i, random.nextLong(), i));
    }
    return candidates;
  }

  private static Candidate<String> candidate(long millis, long low, int content) {
    return new Candidate<>("", millis, 77, low, content);
  }

  /** Beam's state over a map. */
  private static class MapOf implements MapState<Integer, byte[]> {
    private final Map<Integer, byte[]> map;

    MapOf(Map<Integer, byte[]> map) {
      this.map = map;
    }

    @Override
    public void put(Integer key, byte[] value) {
      map.put(key, value);
    }

    @Override
    public ReadableState<byte @Nullable []> computeIfAbsent(
        Integer key, java.util.function.Function<? super Integer, ? extends byte[]> value) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void remove(Integer key) {
      map.remove(key);
    }

    @Override
    public ReadableState<byte @Nullable []> get(Integer key) {
      return ReadableStates.immediate(map.get(key));
    }

    @Override
    public ReadableState<byte @Nullable []> getOrDefault(Integer key, byte @Nullable [] other) {
      return ReadableStates.immediate(map.getOrDefault(key, other));
    }

    @Override
    public ReadableState<Iterable<Integer>> keys() {
      return ReadableStates.immediate(map.keySet());
    }

    @Override
    public ReadableState<Iterable<byte[]>> values() {
      return ReadableStates.immediate(map.values());
    }

    @Override
    public ReadableState<Iterable<Map.Entry<Integer, byte[]>>> entries() {
      return ReadableStates.immediate(map.entrySet());
    }

    @Override
    public ReadableState<Boolean> isEmpty() {
      return ReadableStates.immediate(map.isEmpty());
    }

    @Override
    public void clear() {
      map.clear();
    }
  }

  private static final class CountingMap extends MapOf {
    private int reads;
    private int writes;

    CountingMap(Map<Integer, byte[]> map) {
      super(map);
    }

    @Override
    public void put(Integer key, byte[] value) {
      writes++;
      super.put(key, value);
    }

    @Override
    public ReadableState<byte @Nullable []> get(Integer key) {
      reads++;
      return super.get(key);
    }
  }
}
