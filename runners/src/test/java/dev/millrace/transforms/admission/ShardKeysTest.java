package dev.millrace.transforms.admission;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;

import dev.millrace.transforms.record.Shards;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.beam.runners.flink.adapter.FlinkKey;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flink hashes keys once more; the keys of the shards are chosen with that in mind. */
class ShardKeysTest {
  private static final int KEY_GROUPS = 128;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 32, 64})
  void everySubtaskHasTheSameNumberOfShards(int parallelism) {
    List<Integer> shards = new ArrayList<>(Collections.nCopies(parallelism, 0));
    for (int shard = 0; shard < Shards.MAX; shard++) {
      int key = Shards.key(shard, Shards.MAX);
      int subtask =
          KeyGroupRangeAssignment.assignKeyToParallelOperator(
              FlinkKey.of(key, VarIntCoder.of()), KEY_GROUPS, parallelism);
      shards.set(subtask, shards.get(subtask) + 1);
    }

    assertThat(shards, everyItem(is(Shards.MAX / parallelism)));
  }
}
