package dev.millrace.benchmarks;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTest {

  @Test
  void measurementIsReadAsItWasWritten() {
    Measurement written = measurement("millrace-plain", 123_456, 2.25, "17.50");

    assertThat(Measurement.parse(written.toCsv()), is(written));
  }

  @Test
  void mediansAndRatiosAreThoseOfTheRuns() {
    String text =
        Summary.of(
                List.of(
                    measurement("millrace", 900_000, 2, "1.00"),
                    measurement("kafkaio", 300_000, 8, "1.00"),
                    measurement("millrace", 600_000, 1, "1.00"),
                    measurement("kafkaio", 400_000, 4, "1.00"),
                    measurement("millrace", 700_000, 3, "1.00")))
            .text();

    assertThat(text, containsString("700,000 (600,000 to 900,000)"));
    assertThat(text, containsString("350,000 (300,000 to 400,000)"));
    assertThat(text, containsString("millrace : kafkaio = 2.00 in records/s, 0.33 in CPU"));
  }

  @Test
  void resultsThatDifferAreTold() {
    assertThat(
        Summary.of(
                List.of(measurement("millrace", 1, 1, "1.00"), measurement("native", 2, 2, "1.00")))
            .differences(),
        is(empty()));
    assertThat(
        Summary.of(
                List.of(measurement("millrace", 1, 1, "1.00"), measurement("native", 2, 2, "1.01")))
            .differences(),
        contains(
            "20 windows, 1000 records, sum 1.00: millrace",
            "20 windows, 1000 records, sum 1.01: native"));
  }

  private static Measurement measurement(String variant, double rate, double cpu, String sum) {
    return new Measurement(
        variant, 2, 1_000, 0.5, rate, cpu, "G1", 0.25, 20, 1_000, new BigDecimal(sum));
  }
}
