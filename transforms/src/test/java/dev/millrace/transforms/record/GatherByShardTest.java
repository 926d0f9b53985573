package dev.millrace.transforms.record;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import java.io.EOFException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.KV;
import org.junit.Rule;
import org.junit.Test;

public class GatherByShardTest implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int LARGE = 1 << 20;
  private static final int LARGE_ONES = 40;

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void everyShardHearsOfAWorkerOnceAlsoThoseThatGetNothing() {
    BatchBuilder<Long> one = new BatchBuilder<>(1);
    one.add(7L, 1_000);

    PAssert.that(
            pipeline
                .apply(Create.of(one.build()).withCoder(BatchCoder.of(VarLongCoder.of())))
                .apply(GatherByShard.with(GatherByShardTest::packNumber, 8)))
        .satisfies(
            shards -> {
              Set<Integer> keys = new HashSet<>();
              int full = 0;
              for (KV<Integer, byte[]> shard : shards) {
                assertThat(keys.add(shard.getKey()), is(true));
                full += shard.getValue().length > 0 ? 1 : 0;
              }
              assertThat(keys.size(), is(8));
              assertThat(full, is(1));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void largeValuesGoOnBeforeTheBundleEnds() {
    BatchBuilder<Long> many = new BatchBuilder<>(LARGE_ONES);
    for (long i = 0; i < LARGE_ONES; i++) {
      many.add(i, i);
    }

    PAssert.that(
            pipeline
                .apply(Create.of(many.build()).withCoder(BatchCoder.of(VarLongCoder.of())))
                .apply(GatherByShard.with(GatherByShardTest::packLarge, 1)))
        .satisfies(
            shards -> {
              List<Long> numbers = new ArrayList<>();
              for (KV<Integer, byte[]> shard : shards) {
                assertThat(shard.getValue().length, lessThan(20 * LARGE));
                numbers.addAll(numbers(shard.getValue()));
              }
              Collections.sort(numbers);
              assertThat(numbers.size(), is(LARGE_ONES));
              assertThat(numbers.get(LARGE_ONES - 1), is(LARGE_ONES - 1L));
              return null;
            });
    pipeline.run();
  }

  private static void packNumber(long number, long millis, ShardBuffers into) {
    into.forValue(number << 58, millis).putLong(number);
  }

  private static void packLarge(long number, long millis, ShardBuffers into) {
    FieldWriter out = into.forValue(number, millis);
    out.putLong(number);
    out.putBytes(new byte[LARGE]);
  }

  private static List<Long> numbers(byte[] shard) {
    List<Long> numbers = new ArrayList<>();
    FieldReader in = new FieldReader(shard);
    try {
      while (in.hasMore()) {
        numbers.add(in.getLong());
        in.getBytes();
      }
    } catch (EOFException e) {
      throw new AssertionError(e);
    }
    return numbers;
  }
}
