package dev.millrace.runners.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {

  @ParameterizedTest
  @CsvSource({"250ms,PT0.25S", "30s,PT30S", "10m,PT10M", "2h,PT2H", "1d,PT24H", "0s,PT0S"})
  void durationsHaveAUnit(String text, String expected) {
    assertThat(new DurationConverter().convert(text), is(Duration.parse(expected)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"30", "-5s", "1.5h", "", "soon", "99999999999d"})
  void otherDurationsAreRefusedWithAnExample(String text) {
    TypeConversionException e =
        assertThrows(TypeConversionException.class, () -> new DurationConverter().convert(text));

    assertThat(e.getMessage(), containsString("write it like"));
  }

  @ParameterizedTest
  @CsvSource({"0%,0", "2%,0.02", "0.5%,0.005", "100%,1"})
  void sharesArePercentages(String text, double expected) {
    assertThat(new ShareConverter().convert(text), is(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "101%", "-1%", "%", "a%"})
  void otherSharesAreRefused(String text) {
    assertThrows(TypeConversionException.class, () -> new ShareConverter().convert(text));
  }

  @Test
  void ratesArePerSecond() {
    assertThat(new RateConverter().convert("500/s"), is(500));
    assertThat(new RateConverter().convert("500"), is(500));
    assertThrows(TypeConversionException.class, () -> new RateConverter().convert("fast"));
  }
}
