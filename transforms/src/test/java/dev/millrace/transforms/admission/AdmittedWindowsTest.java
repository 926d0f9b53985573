package dev.millrace.transforms.admission;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.window.AggregateByWindow;
import dev.millrace.transforms.window.WindowPolicy;
import java.io.Serializable;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.Rule;
import org.junit.Test;

/** What is admitted, no window drops: by Beam's own counters. */
public class AdmittedWindowsTest implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Duration FIVE_MINUTES = Duration.standardMinutes(5);
  private static final AdmissionRule RULE =
      AdmissionRule.of(
          Duration.standardHours(1),
          FIVE_MINUTES,
          Duration.standardMinutes(10),
          LatePolicy.SIDE_TABLE);

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void fixedWindowsDropNothingThatIsAdmitted() {
    assertThat(dropped(admitted(), WindowPolicy.fixed(FIVE_MINUTES)), is(0L));
  }

  @Test
  public void slidingWindowsDropNothingThatIsAdmitted() {
    assertThat(
        dropped(admitted(), WindowPolicy.sliding(FIVE_MINUTES, Duration.standardMinutes(1))),
        is(0L));
  }

  @Test
  public void sessionsDropNothingThatIsAdmitted() {
    assertThat(dropped(admitted(), WindowPolicy.sessions(Duration.standardSeconds(30))), is(0L));
  }

  /** Or the others would show nothing. */
  @Test
  public void sameEventsAreDroppedIfNobodyJudgesThemBefore() {
    assertThat(
        dropped(pipeline.apply(events()).apply(Batches.ofOne()), WindowPolicy.fixed(FIVE_MINUTES)),
        is(greaterThan(0L)));
  }

  private PCollection<Batch<String>> admitted() {
    return pipeline
        .apply(events())
        .apply(Batches.ofOne())
        .apply(AdmitOnce.by("test", new Itself(), RULE))
        .admitted();
  }

  private long dropped(PCollection<Batch<String>> events, WindowPolicy windows) {
    events.apply(
        AggregateByWindow.of(
            windows.withAllowedLateness(RULE.latenessDownstream()),
            new Count(),
            VarLongCoder.of(),
            FIVE_MINUTES));
    PipelineResult result = pipeline.run();
    long dropped = 0;
    for (MetricResult<Long> counter :
        result.metrics().queryMetrics(MetricsFilter.builder().build()).getCounters()) {
      if (counter.getName().getName().contains("ropped")) {
        dropped += counter.getAttempted();
      }
    }
    return dropped;
  }

  /** An hour and a half, a watermark a minute, and events up to half an hour behind it. */
  private static TestStream<String> events() {
    SplittableRandom random = new SplittableRandom(5);
    TestStream.Builder<String> stream = TestStream.create(StringUtf8Coder.of());
    int number = 0;
    for (int minute = 0; minute < 90; minute++) {
      stream = stream.advanceWatermarkTo(EIGHT.plus(Duration.standardMinutes(minute)));
      for (int i = 0; i < 4; i++) {
        Instant time =
            EIGHT
                .plus(Duration.standardMinutes(minute))
                .minus(Duration.standardSeconds(random.nextInt(-60, 1_800)));
        stream = stream.addElements(TimestampedValue.of("e" + number++, time));
      }
    }
    return stream.advanceWatermarkToInfinity();
  }

  private static final class Itself implements Identity<String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String id(String element) {
      return element;
    }

    @Override
    public void content(String element, long millis, FieldWriter out) {
      out.putText(element);
    }

    @Override
    public RawRecord record(String element) {
      return new RawRecord(
          null, null, List.of(), new Origin("test", "elements", 0, 0), java.time.Instant.EPOCH);
    }
  }

  private static final class Count implements AggregateByWindow.Aggregation<String, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public String key(String element) {
      return "all";
    }

    @Override
    public Long add(@Nullable Long count, String element) {
      return count == null ? 1 : count + 1;
    }

    @Override
    public Long merge(Long one, Long other) {
      return one + other;
    }
  }
}
