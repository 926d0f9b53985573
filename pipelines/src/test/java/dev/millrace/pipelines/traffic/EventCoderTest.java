package dev.millrace.pipelines.traffic;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.coders.CannotProvideCoderException;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class EventCoderTest {
  private static final RawRecord RECORD =
      new RawRecord(
          new byte[] {1}, new byte[] {2}, List.of(), new Origin("kafka", "t", 3, 4), Instant.EPOCH);

  private static final Event FULL =
      new Event("e-1 😀", "größe", "u-7", "/cart", new BigDecimal("-12.3400"), RECORD);

  @Test
  void keepsEveryFieldExactly() throws CoderException {
    assertThat(CoderUtils.clone(EventCoder.of(), FULL), is(FULL));
  }

  @Test
  void keepsMissingFieldsApartFromEmptyOnes() throws CoderException {
    Event missing = new Event("e-1", "US", null, null, null, RECORD);
    Event empty = new Event("", "", "", "", BigDecimal.ZERO, RECORD);

    assertThat(CoderUtils.clone(EventCoder.of(), missing), is(missing));
    assertThat(CoderUtils.clone(EventCoder.of(), empty), is(empty));
  }

  @Test
  void isFoundByBeam() throws CannotProvideCoderException {
    assertThat(CoderRegistry.createDefault().getCoder(Event.class), is(EventCoder.of()));
  }

  @Test
  void refusesTheVersionOfALaterRelease() throws CoderException {
    byte[] bytes = CoderUtils.encodeToByteArray(EventCoder.of(), FULL);
    bytes[0] = 99;

    CoderException e =
        assertThrows(
            CoderException.class, () -> CoderUtils.decodeFromByteArray(EventCoder.of(), bytes));

    assertThat(e.getMessage(), containsString("version 99"));
  }
}
