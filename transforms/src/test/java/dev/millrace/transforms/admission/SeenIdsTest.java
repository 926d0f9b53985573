package dev.millrace.transforms.admission;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.ReadableState;
import org.apache.beam.sdk.state.ReadableStates;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;

class SeenIdsTest {
  private static final long HOUR = 3_600;

  private final Map<Integer, byte[]> stored = new HashMap<>();
  private final SplittableRandom random = new SplittableRandom(5);

  @Test
  void everyIdIsFoundAgainHoweverOftenTheBucketsHaveDoubled() {
    Candidate<?>[] candidates = new Candidate<?>[20_000];
    SeenIds seen = new SeenIds(new MapOf(stored), 0, 0);
    for (int i = 0; i < candidates.length; i++) {
      candidates[i] = candidate(1_000L * i, random.nextLong(), i);
      assertThat(seen.find(candidates[i], HOUR), is(IdBlock.Known.NO));
      seen.add(candidates[i]);
      if (i % 100 == 99) {
        seen.write();
        seen = new SeenIds(new MapOf(stored), seen.bits(), seen.ids());
      }
    }

    assertThat(seen.ids(), is(20_000L));
    assertThat(1 << seen.bits(), is(512));
    for (Candidate<?> each : candidates) {
      assertThat(seen.find(each, HOUR), is(IdBlock.Known.SAME));
    }
    int largest = stored.values().stream().mapToInt(block -> block.length).max().orElseThrow();
    assertThat(largest, is(lessThan(3 * 64 * IdBlock.ENTRY)));
  }

  @Test
  void anotherContentIsConflictingAndAnotherHalfOfTheHashAnotherId() {
    SeenIds seen = new SeenIds(new MapOf(stored), 0, 0);
    seen.add(new Candidate<>("", 0, 1, 2, 3));

    assertThat(seen.find(new Candidate<>("", 0, 1, 2, 4), HOUR), is(IdBlock.Known.CONFLICTING));
    assertThat(seen.find(new Candidate<>("", 0, 9, 2, 3), HOUR), is(IdBlock.Known.NO));
    assertThat(seen.find(new Candidate<>("", 0, 1, 9, 3), HOUR), is(IdBlock.Known.NO));
  }

  @Test
  void idIsKnownWithinTheHorizonBeforeAndAfter() {
    SeenIds seen = new SeenIds(new MapOf(stored), 0, 0);
    seen.add(candidate(7_200_000, 1, 1));

    assertThat(seen.find(candidate(3_600_000, 1, 1), HOUR), is(IdBlock.Known.SAME));
    assertThat(seen.find(candidate(10_800_999, 1, 1), HOUR), is(IdBlock.Known.SAME));
    assertThat(seen.find(candidate(3_599_999, 1, 1), HOUR), is(IdBlock.Known.NO));
    assertThat(seen.find(candidate(10_801_000, 1, 1), HOUR), is(IdBlock.Known.NO));
  }

  @Test
  void forgettingKeepsTheYoungerAndLeavesNothingOfTheLast() {
    SeenIds seen = new SeenIds(new MapOf(stored), 0, 0);
    for (int i = 0; i < 1_000; i++) {
      seen.add(candidate(1_000L * i, random.nextLong(), i));
    }
    seen.write();

    seen.forgetBefore(900);
    assertThat(seen.ids(), is(100L));
    assertThat(stored.values().stream().mapToInt(block -> block.length).sum(), is(2_400));

    seen.forgetBefore(1_000);
    assertThat(seen.ids(), is(0L));
    assertThat(seen.bits(), is(0));
    assertThat(stored.isEmpty(), is(true));
  }

  @Test
  void arrayThatWasStoredIsNeverChanged() {
    SeenIds seen = new SeenIds(new MapOf(stored), 0, 0);
    seen.add(candidate(0, 1, 1));
    seen.write();
    byte[] inACheckpoint = stored.get(0);
    byte[] copy = inACheckpoint.clone();

    SeenIds later = new SeenIds(new MapOf(stored), seen.bits(), seen.ids());
    later.add(candidate(0, 2, 2));
    later.write();
    later.forgetBefore(1);

    assertThat(Arrays.equals(inACheckpoint, copy), is(true));
  }

  private static Candidate<String> candidate(long millis, long low, int content) {
    return new Candidate<>("", millis, 77, low, content);
  }

  /** Beam's state over a map. */
  private static final class MapOf implements MapState<Integer, byte[]> {
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
}
