package dev.millrace.transforms.record;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class BatchCoderTest {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00.123Z");
  private static final BatchCoder<RawRecord> CODER = BatchCoder.of(RawRecordCoder.of());
  private static final byte[] NOT_UTF8 = {(byte) 0xff, 0, 10, (byte) 0x80};

  private static final RawRecord FULL =
      new RawRecord(
          new byte[] {1},
          NOT_UTF8,
          List.of(new Header("a", NOT_UTF8), new Header("a", null), new Header("", new byte[0])),
          new Origin("kafka", "events", 3, 1L << 40),
          EIGHT);

  private static final RawRecord TOMBSTONE =
      new RawRecord(null, null, List.of(), new Origin("kafka", "events", 3, (1L << 40) + 1), EIGHT);

  private static final RawRecord EMPTY =
      new RawRecord(
          new byte[0],
          new byte[0],
          List.of(),
          new Origin("kafka", "events", 3, (1L << 40) + 2),
          Instant.EPOCH);

  private static final Batch<RawRecord> BATCH =
      new Batch<>(
          List.of(FULL, TOMBSTONE, EMPTY), new long[] {EIGHT.toEpochMilli(), -1, Long.MAX_VALUE});

  @Test
  void keepsRecordsAndTheirTimesExactly() throws CoderException {
    assertThat(CoderUtils.clone(CODER, BATCH), is(BATCH));
  }

  @Test
  void keepsABatchOfOne() throws CoderException {
    Batch<RawRecord> one = new Batch<>(List.of(TOMBSTONE), new long[] {0});

    assertThat(CoderUtils.clone(CODER, one), is(one));
  }

  @Test
  void batchesWithOtherTimesAreOthers() {
    assertThat(BATCH, is(not(new Batch<>(List.of(FULL, TOMBSTONE, EMPTY), new long[] {0, -1, 5}))));
    assertThat(BATCH, is(not(new Batch<>(List.of(FULL), new long[] {EIGHT.toEpochMilli()}))));
  }

  @Test
  void isDatedByItsOldestRecord() {
    assertThat(BATCH.oldest(), is(-1L));
  }

  @Test
  void refusesTheVersionOfALaterRelease() throws CoderException {
    byte[] bytes = CoderUtils.encodeToByteArray(CODER, BATCH);
    bytes[0] = 99;

    CoderException e =
        assertThrows(CoderException.class, () -> CoderUtils.decodeFromByteArray(CODER, bytes));

    assertThat(e.getMessage(), containsString("version 99"));
  }
}
