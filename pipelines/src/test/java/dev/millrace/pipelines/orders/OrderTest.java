package dev.millrace.pipelines.orders;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.is;

import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class OrderTest {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Instant NINE = Instant.parse("2026-05-26T09:00:00Z");

  @Test
  void versionsAreOrderedByEventTimeThenLoadingThenOrigin() {
    Order first = order(EIGHT, NINE, "kafka", 7);
    Order loadedLater = order(EIGHT, NINE.plusMillis(1), "file", 0);
    Order otherSystem = order(EIGHT, NINE.plusMillis(1), "kafka", 0);
    Order laterOffset = order(EIGHT, NINE.plusMillis(1), "kafka", 1);
    Order laterEvent = order(EIGHT.plusNanos(1_000), EIGHT, "file", 0);
    List<Order> shuffled =
        new ArrayList<>(List.of(laterEvent, otherSystem, first, laterOffset, loadedLater));

    shuffled.sort(Order.BY_VERSION);

    assertThat(shuffled, contains(first, loadedLater, otherSystem, laterOffset, laterEvent));
  }

  @Test
  void orderDateIsTheUtcDate() {
    assertThat(
        order(Instant.parse("2026-05-26T23:59:59.999999Z"), NINE, "kafka", 0).orderDate(),
        is(LocalDate.parse("2026-05-26")));
    assertThat(
        order(Instant.parse("2026-05-27T00:00:00Z"), NINE, "kafka", 0).orderDate(),
        is(LocalDate.parse("2026-05-27")));
  }

  @Test
  void survivesEncoding() throws CoderException {
    Order guest = order(Instant.parse("2026-05-26T08:00:00.123456Z"), NINE, "kafka", 5);

    assertThat(CoderUtils.clone(OrderCoder.of(), guest), is(guest));
  }

  private static Order order(Instant eventTime, Instant loadedAt, String system, long offset) {
    return new Order(
        "e",
        "o",
        null,
        "US",
        new BigDecimal("-12.3400"),
        "USD",
        "PAID",
        eventTime,
        new RawRecord(
            null, new byte[] {1}, List.of(), new Origin(system, "t", 0, offset), loadedAt));
  }
}
