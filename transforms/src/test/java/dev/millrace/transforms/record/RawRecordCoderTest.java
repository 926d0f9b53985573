package dev.millrace.transforms.record;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class RawRecordCoderTest {
  private static final Origin ORIGIN = new Origin("kafka", "orders", 3, 1L << 40);
  private static final Instant LOADED = Instant.parse("2026-05-26T08:00:01.123Z");

  @Test
  void keepsEveryFieldExactly() throws CoderException {
    byte[] notUtf8 = {(byte) 0xff, 0, 10, (byte) 0x80};
    RawRecord record =
        new RawRecord(
            "key".getBytes(StandardCharsets.UTF_8),
            notUtf8,
            List.of(new Header("a", notUtf8), new Header("a", null), new Header("", new byte[0])),
            ORIGIN,
            LOADED);

    assertThat(CoderUtils.clone(RawRecordCoder.of(), record), is(record));
  }

  @Test
  void keepsMissingKeyAndValueApartFromEmptyOnes() throws CoderException {
    RawRecord missing = new RawRecord(null, null, List.of(), ORIGIN, LOADED);
    RawRecord empty = new RawRecord(new byte[0], new byte[0], List.of(), ORIGIN, LOADED);

    assertThat(CoderUtils.clone(RawRecordCoder.of(), missing), is(missing));
    assertThat(CoderUtils.clone(RawRecordCoder.of(), empty), is(empty));
  }

  @Test
  void passesOnWhatHasComeThroughACoderWithoutReadingIt() throws CoderException {
    RawRecord record =
        new RawRecord(null, "{}".getBytes(StandardCharsets.UTF_8), List.of(), ORIGIN, LOADED);
    byte[] bytes = CoderUtils.encodeToByteArray(RawRecordCoder.of(), record);

    RawRecord once = CoderUtils.decodeFromByteArray(RawRecordCoder.of(), bytes);

    assertThat(CoderUtils.encodeToByteArray(RawRecordCoder.of(), once), is(bytes));
    assertThat(CoderUtils.clone(RawRecordCoder.of(), once), is(record));
    assertThat(once.hashCode(), is(record.hashCode()));
    assertThat(once.toString(), is("RawRecord[" + ORIGIN + ", 2 B]"));
  }

  @Test
  void aloneItKeepsNothingOfTheOthers() throws IOException {
    RawRecord first = new RawRecord(null, new byte[] {1, 2}, List.of(), ORIGIN, LOADED);
    RawRecord second = new RawRecord(new byte[] {3}, null, List.of(), ORIGIN, LOADED);
    FieldWriter out = new FieldWriter(1);
    RawRecordCoder.of().encode(first, out);
    RawRecordCoder.of().encode(second, out);
    byte[] both = out.toByteArray();
    FieldReader in = new FieldReader(both);
    RawRecord one = RawRecordCoder.of().decode(in).alone();
    RawRecord other = RawRecordCoder.of().decode(in).alone();

    Arrays.fill(both, (byte) 99);

    assertThat(one, is(first));
    assertThat(other, is(second));
    assertThat(first.alone(), is(first));
  }

  @Test
  void refusesTheVersionOfALaterRelease() throws CoderException {
    RawRecord record = new RawRecord(null, null, List.of(), ORIGIN, LOADED);
    byte[] bytes = CoderUtils.encodeToByteArray(RawRecordCoder.of(), record);
    bytes[0] = 99;

    CoderException e =
        assertThrows(
            CoderException.class, () -> CoderUtils.decodeFromByteArray(RawRecordCoder.of(), bytes));

    assertThat(e.getMessage(), containsString("version 99"));
  }
}
