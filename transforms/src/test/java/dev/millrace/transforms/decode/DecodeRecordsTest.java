package dev.millrace.transforms.decode;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;

import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.ledger.Closing;
import dev.millrace.transforms.ledger.Ledger;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchBuilder;
import dev.millrace.transforms.record.BatchCoder;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.Reify;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Duration;
import org.junit.Rule;
import org.junit.Test;

public class DecodeRecordsTest implements Serializable {
  private static final long serialVersionUID = 1L;

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void valuesGoOnAndInvalidRecordsBecomeDeadLettersWithTheirBytes() {
    RawRecord seven = record(0, "7");
    RawRecord junk = record(1, "junk");

    WithFailures.Result<PCollection<Batch<Integer>>, DeadLetter> decoded = decode(seven, junk);

    PAssert.that(decoded.output()).containsInAnyOrder(List.of(Batch.of(7, 0)));
    PAssert.that(decoded.failures().apply(Reify.timestamps()))
        .containsInAnyOrder(
            List.of(
                TimestampedValue.of(
                    DeadLetter.of(junk, "numbers", "decode", "no_number", "junk is no number"),
                    at(1))));
    pipeline.run();
  }

  @Test
  public void anUnexpectedExceptionBecomesADeadLetterAndTheRestGoesOn() {
    RawRecord bug = record(1, "bug");
    RawRecord one = record(0, "1");
    RawRecord two = record(2, "2");

    WithFailures.Result<PCollection<Batch<Integer>>, DeadLetter> decoded = decode(one, bug, two);

    PAssert.that(decoded.output())
        .containsInAnyOrder(List.of(new Batch<>(List.of(1, 2), new long[] {0, 2})));
    PAssert.thatSingleton(decoded.failures())
        .satisfies(
            letter -> {
              assertThat(letter.errorClass(), containsString("unexpected"));
              assertThat(letter.message(), containsString("NullPointerException"));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void whatIsReadIsCountedWhetherItIsValidOrNot() {
    Duration minute = Duration.standardMinutes(1);
    Ledger ledger = Ledger.of(new Closing(minute, Duration.ZERO, Duration.ZERO), Map.of());

    pipeline
        .apply(
            Create.timestamped(
                    TimestampedValue.of(record(0, "7"), at(5)),
                    TimestampedValue.of(record(1, "junk"), at(59_999)),
                    TimestampedValue.of(record(2, "8"), at(60_000)))
                .withCoder(RawRecordCoder.of()))
        .apply(Batches.ofOne())
        .apply(
            DecodeRecords.with("numbers", DecodeRecordsTest::number, VarIntCoder.of())
                .countedIn(ledger));

    PAssert.that(ledger.totals().apply(Filter.by(entry -> entry.stage().equals(Stage.READ))))
        .containsInAnyOrder(
            new LedgerEntry(Stage.READ, 0, 2), new LedgerEntry(Stage.READ, 60_000, 1));
    pipeline.run();
  }

  private static org.joda.time.Instant at(long millis) {
    return org.joda.time.Instant.ofEpochMilli(millis);
  }

  private WithFailures.Result<PCollection<Batch<Integer>>, DeadLetter> decode(
      RawRecord... records) {
    BatchBuilder<RawRecord> batch = new BatchBuilder<>(1);
    for (RawRecord each : records) {
      batch.add(each, each.origin().offset());
    }
    return pipeline
        .apply(
            Create.timestamped(TimestampedValue.of(batch.build(), at(0)))
                .withCoder(BatchCoder.of(RawRecordCoder.of())))
        .apply(DecodeRecords.with("numbers", DecodeRecordsTest::number, VarIntCoder.of()));
  }

  private static int number(RawRecord record) throws InvalidRecordException {
    String text = new String(record.value(), StandardCharsets.UTF_8);
    if (text.equals("bug")) {
      throw new NullPointerException("somebody's mistake");
    }
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new InvalidRecordException("no_number", text + " is no number");
    }
  }

  private static RawRecord record(long offset, String value) {
    return new RawRecord(
        null,
        value.getBytes(StandardCharsets.UTF_8),
        List.of(),
        new Origin("kafka", "numbers", 0, offset),
        Instant.EPOCH);
  }
}
