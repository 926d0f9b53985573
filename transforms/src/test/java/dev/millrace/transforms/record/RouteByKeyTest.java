package dev.millrace.transforms.record;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Reify;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Instant;
import org.junit.Rule;
import org.junit.Test;

public class RouteByKeyTest implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Few enough to be gathered at once. */
  private static final int VALUES = 4_000;

  private static final int KEYS = 500;

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void eachValueArrivesOnceWithItsTimeAndEqualKeysInOneOfTheShards() {
    BatchBuilder<String> all = new BatchBuilder<>(VALUES);
    for (int i = 0; i < VALUES; i++) {
      all.add("k" + i % KEYS + " " + i, i);
    }

    PCollection<Batch<String>> routed =
        pipeline
            .apply(
                Create.timestamped(TimestampedValue.of(all.build(), Instant.ofEpochMilli(0)))
                    .withCoder(BatchCoder.of(StringUtf8Coder.of())))
            .apply(RouteByKey.of(value -> value.substring(0, value.indexOf(' ')), Shards.MAX));

    PAssert.that(routed)
        .satisfies(
            batches -> {
              List<String> values = new ArrayList<>();
              Map<String, Set<Set<String>>> neighbours = new HashMap<>();
              int count = 0;
              for (Batch<String> batch : batches) {
                count++;
                Set<String> keys = new HashSet<>();
                for (int i = 0; i < batch.size(); i++) {
                  String value = batch.values().get(i);
                  assertThat(value, value.endsWith(" " + batch.millis()[i]), is(true));
                  keys.add(value.substring(0, value.indexOf(' ')));
                  values.add(value);
                }
                keys.forEach(
                    key -> neighbours.computeIfAbsent(key, each -> new HashSet<>()).add(keys));
              }
              assertThat(values.size(), is(VALUES));
              assertThat(new HashSet<>(values).size(), is(VALUES));
              assertThat(count, lessThanOrEqualTo(Shards.MAX));
              // A shard has one batch here, so a key has one company.
              neighbours.forEach((key, companies) -> assertThat(key, companies.size(), is(1)));
              return null;
            });
    PAssert.that(routed.apply(Reify.timestamps()))
        .satisfies(
            batches -> {
              batches.forEach(
                  each ->
                      assertThat(each.getTimestamp().getMillis(), is(each.getValue().oldest())));
              return null;
            });
    pipeline.run();
  }
}
