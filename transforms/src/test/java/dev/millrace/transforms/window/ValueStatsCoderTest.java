package dev.millrace.transforms.window;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import org.apache.beam.sdk.coders.CannotProvideCoderException;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class ValueStatsCoderTest {
  private static final ValueStats STATS =
      new ValueStats(
          1L << 40,
          3,
          new BigDecimal("-99999999999999999999.999999999999999999"),
          new BigDecimal("-12.3400"),
          new BigDecimal("0.00"));

  @Test
  void keepsEveryFieldWithItsScale() throws CoderException {
    assertThat(CoderUtils.clone(ValueStatsCoder.of(), STATS), is(STATS));
  }

  @Test
  void keepsWhatHasNoValues() throws CoderException {
    ValueStats valueless = new ValueStats(7, 0, null, null, null);

    assertThat(CoderUtils.clone(ValueStatsCoder.of(), valueless), is(valueless));
    assertThat(CoderUtils.clone(ValueStatsCoder.of(), ValueStats.NONE), is(ValueStats.NONE));
  }

  @Test
  void isFoundByBeamAndDeterministic()
      throws CannotProvideCoderException, Coder.NonDeterministicException {
    Coder<ValueStats> found = CoderRegistry.createDefault().getCoder(ValueStats.class);

    assertThat(found, is(ValueStatsCoder.of()));
    found.verifyDeterministic();
  }

  @Test
  void refusesTheVersionOfALaterRelease() throws CoderException {
    byte[] bytes = CoderUtils.encodeToByteArray(ValueStatsCoder.of(), STATS);
    bytes[0] = 99;

    CoderException e =
        assertThrows(
            CoderException.class,
            () -> CoderUtils.decodeFromByteArray(ValueStatsCoder.of(), bytes));

    assertThat(e.getMessage(), containsString("version 99"));
  }
}
