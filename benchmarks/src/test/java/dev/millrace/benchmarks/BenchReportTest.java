package dev.millrace.benchmarks;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchReportTest {

  @Test
  void measurementIsTheSameAgainAfterItsLine() {
    JobMeasurement measurement = measurement(Job.ORDERS_TO_POSTGRES, Contender.OURS, 12_345, "r");

    assertThat(JobMeasurement.parse(measurement.toLine()), is(measurement));
    assertThat(JobMeasurement.parse(live(Contender.OURS, 7).toLine()), is(live(Contender.OURS, 7)));
  }

  @Test
  void latenciesOfALiveJobAreMediansByTheirNames() {
    BenchReport report =
        BenchReport.of(
            List.of(
                live(Contender.OURS, 300),
                live(Contender.NATIVE, 200),
                live(Contender.OURS, 500),
                live(Contender.NATIVE, 250),
                live(Contender.OURS, 400),
                live(Contender.NATIVE, 260)));

    assertThat(report.isSound(), is(true));
    assertThat(report.text(), containsString("p99_ms             401 (301 to 501)"));
    assertThat("no ratio of rates that are given", report.text(), not(containsString("1.00\n")));
    Map<String, Object> first = report.toJson().get(0);
    assertThat(first.get("mode"), is("live"));
    assertThat(first.get("p50_ms"), is(400.0));
    assertThat(first.get("p99_ms"), is(401.0));
    assertThat(first.get("last_row_after_ms"), is(404.0));
  }

  @Test
  void ratiosAreOfMedians() {
    BenchReport report =
        BenchReport.of(
            List.of(
                measurement(Job.TRAFFIC, Contender.OURS, 300, "rows"),
                measurement(Job.TRAFFIC, Contender.NATIVE, 100, "rows"),
                measurement(Job.TRAFFIC, Contender.OURS, 200, "rows"),
                measurement(Job.TRAFFIC, Contender.NATIVE, 90, "rows"),
                measurement(Job.TRAFFIC, Contender.OURS, 1_000, "rows"),
                measurement(Job.TRAFFIC, Contender.NATIVE, 120, "rows")));

    assertThat(report.isSound(), is(true));
    assertThat(report.text(), containsString("300 (200 to 1,000)"));
    assertThat(report.text(), containsString(" 3.00\n"));
    Map<String, Object> first = report.toJson().get(0);
    assertThat(first.get("job"), is("traffic"));
    assertThat(first.get("variant"), is("ours"));
    assertThat(first.get("mode"), is("replay"));
    assertThat(first.get("records_per_s"), is(300.0));
    assertThat(first.get("spread"), is(List.of(200.0, 1_000.0)));
    assertThat(first.get("rows_equal"), is(true));
  }

  @Test
  void contenderWithOtherRowsMakesTheTimesWorthless() {
    BenchReport report =
        BenchReport.of(
            List.of(
                measurement(Job.ORDERS, Contender.OURS, 300, "3 orders"),
                measurement(Job.ORDERS, Contender.NATIVE, 100, "2 orders")));

    assertThat(report.isSound(), is(false));
    assertThat(report.text(), containsString("NOT the same"));
    assertThat(report.text(), not(containsString("3.00")));
    assertThat(report.toJson().get(1).get("rows_equal"), is(false));
  }

  private static JobMeasurement measurement(
      Job job, Contender contender, double rate, String rows) {
    return new JobMeasurement(job, contender, 1_000, rate, 2.5, 100, 1_000, rows, List.of());
  }

  private static JobMeasurement live(Contender contender, double p50) {
    List<Double> latencies = List.of(p50, p50 + 1, p50 + 2, p50 + 3, p50 + 4);
    return new JobMeasurement(
        Job.LIVE, contender, 1_000, 5_800, 2.5, 100, 1_000, "every record", latencies);
  }
}
