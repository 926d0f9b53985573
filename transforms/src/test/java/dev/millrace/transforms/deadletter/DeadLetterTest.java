package dev.millrace.transforms.deadletter;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class DeadLetterTest {
  private static final RawRecord RECORD =
      new RawRecord(
          null,
          new byte[] {1, 0, (byte) 0xff},
          List.of(),
          new Origin("file", "orders.jsonl", 0, 17),
          Instant.EPOCH);

  @Test
  void survivesEncodingWithTheRecordUntouched() throws CoderException {
    DeadLetter letter =
        new DeadLetter(RECORD, "orders", "decode", "empty", "the record is empty", 3);

    assertThat(CoderUtils.clone(DeadLetterCoder.of(), letter), is(letter));
  }

  @Test
  void cutsMessagesThatAreTooLong() {
    DeadLetter letter = DeadLetter.of(RECORD, "orders", "decode", "empty", "x".repeat(5_000));

    assertThat(letter.message().length(), is(DeadLetter.MAX_MESSAGE));
    assertThat(letter.attempt(), is(1));
  }
}
