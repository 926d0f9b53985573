package dev.millrace.transforms.record;

import static org.junit.Assert.assertThrows;

import java.io.Serializable;
import java.util.List;
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

public class BatchesTest implements Serializable {
  private static final long serialVersionUID = 1L;

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void valuesHaveTheirOwnTimes() {
    Batch<String> batch = new Batch<>(List.of("a", "b", "a"), new long[] {7, 3, 9});

    PCollection<String> values = pipeline.apply(dated(batch, 3)).apply(Batches.values());

    PAssert.that(values.apply(Reify.timestamps()))
        .containsInAnyOrder(List.of(at("a", 7), at("b", 3), at("a", 9)));
    pipeline.run();
  }

  @Test
  public void batchOfOneHasTheTimeOfItsValue() {
    PCollection<Batch<String>> batches =
        pipeline
            .apply(Create.timestamped(at("a", 7), at("b", 3)).withCoder(StringUtf8Coder.of()))
            .apply(Batches.ofOne());

    PAssert.that(batches.apply(Reify.timestamps()))
        .containsInAnyOrder(List.of(at(Batch.of("a", 7), 7), at(Batch.of("b", 3), 3)));
    pipeline.run();
  }

  @Test
  public void onlyWhatIsWantedStaysWithItsTimeAndNoEmptyBatch() {
    PCollection<Batch<String>> wanted =
        pipeline
            .apply(
                Create.timestamped(
                        at(new Batch<>(List.of("a", "b", "a"), new long[] {7, 3, 9}), 3),
                        at(Batch.of("b", 1), 1))
                    .withCoder(BatchCoder.of(StringUtf8Coder.of())))
            .apply(Batches.where(value -> value.equals("a")));

    PAssert.that(wanted)
        .containsInAnyOrder(List.of(new Batch<>(List.of("a", "a"), new long[] {7, 9})));
    pipeline.run();
  }

  @Test
  public void eachValueNeedsATime() {
    assertThrows(
        IllegalArgumentException.class, () -> new Batch<>(List.of("a", "b"), new long[] {7}));
  }

  private static Create.TimestampedValues<Batch<String>> dated(Batch<String> batch, long millis) {
    return Create.timestamped(at(batch, millis)).withCoder(BatchCoder.of(StringUtf8Coder.of()));
  }

  private static <T> TimestampedValue<T> at(T value, long millis) {
    return TimestampedValue.of(value, Instant.ofEpochMilli(millis));
  }
}
