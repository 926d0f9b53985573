package dev.millrace.transforms.window;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.is;

import java.io.Serializable;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.Rule;
import org.junit.Test;

public class ClosedWindowsTest implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String MONDAY = "2026-05-25";
  private static final String TUESDAY = "2026-05-26";
  private static final Instant END_OF_MONDAY_AND_LATENESS = Instant.parse("2026-05-27T00:00:00Z");

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void windowStaysOpenUntilTheAllowedLatenessIsOver() {
    TestStream<String> days =
        TestStream.create(StringUtf8Coder.of())
            .addElements(on(MONDAY))
            .advanceWatermarkTo(END_OF_MONDAY_AND_LATENESS.minus(Duration.millis(1)))
            .addElements(on(MONDAY))
            .advanceWatermarkToInfinity();

    // Had it closed at the first watermark, the second element would let it come out again.
    PAssert.that(closed(days))
        .satisfies(
            all -> {
              assertThat(all, containsInAnyOrder(MONDAY));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void windowClosesAfterItsEndAndTheLatenessAndAgainForALateElement() {
    TestStream<String> days =
        TestStream.create(StringUtf8Coder.of())
            .addElements(on(MONDAY))
            .advanceWatermarkTo(END_OF_MONDAY_AND_LATENESS.plus(Duration.millis(1)))
            .addElements(on(MONDAY))
            .advanceWatermarkToInfinity();

    PAssert.that(closed(days))
        .satisfies(
            all -> {
              assertThat(all, containsInAnyOrder(MONDAY, MONDAY));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void boundedRunClosesEveryWindowOnceAtItsEnd() {
    PCollection<String> days = pipeline.apply(Create.of(MONDAY, TUESDAY, MONDAY, TUESDAY, MONDAY));

    PAssert.that(closed(days))
        .satisfies(
            all -> {
              assertThat(all, containsInAnyOrder(MONDAY, TUESDAY));
              return null;
            });
    pipeline.run();
  }

  @Test
  public void negativeLatenessIsRefused() {
    pipeline.enableAbandonedNodeEnforcement(false);
    try {
      ClosedWindows.<String>of(ClosedWindowsTest::endOf, Duration.millis(-1));
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage(), is("allowedLateness is negative: PT-0.001S"));
      return;
    }
    throw new AssertionError("accepted a negative lateness");
  }

  private PCollection<String> closed(TestStream<String> days) {
    return closed(pipeline.apply(days));
  }

  private static PCollection<String> closed(PCollection<String> days) {
    return days.apply(ClosedWindows.<String>of(ClosedWindowsTest::endOf, Duration.standardDays(1)))
        .apply(
            MapElements.into(TypeDescriptors.strings())
                .via(
                    end ->
                        Instant.ofEpochMilli(end)
                            .minus(Duration.standardDays(1))
                            .toString()
                            .substring(0, 10)));
  }

  private static java.time.Instant endOf(String day) {
    return LocalDate.parse(day).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static TimestampedValue<String> on(String day) {
    return TimestampedValue.of(day, Instant.parse(day + "T12:00:00Z"));
  }
}
