package dev.millrace.transforms.record;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import java.math.BigDecimal;
import org.apache.beam.sdk.testing.CoderProperties;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalCoderTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "0.00",
        "22.20",
        "22.2",
        "-22.20",
        "1E+6",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999.999999999999999999",
        "-99999999999999999999.999999999999999999",
      })
  void everyDecimalIsTheSameAgainWithItsScale(String text) throws Exception {
    BigDecimal value = new BigDecimal(text);

    CoderProperties.coderDecodeEncodeEqual(DecimalCoder.of(), value);
    CoderProperties.coderConsistentWithEquals(DecimalCoder.of(), value, value.setScale(30));
  }

  @Test
  void amountsOfMoneyAreSmall() throws Exception {
    assertThat(
        CoderUtils.encodeToByteArray(DecimalCoder.of(), new BigDecimal("-1234.56")).length,
        is(lessThanOrEqualTo(5)));
  }
}
