package dev.millrace.pipelines.orders;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderDecoderTest {
  private static final String ORDER =
      """
      {"event_id": "e-1", "order_id": "O-1042", "customer_id": "C-7", "region": "US",
       "amount": 120.5, "currency": "USD", "status": "PAID", "lines": [{"sku": 1}],
       "event_time": "2026-05-26T10:00:01.5+02:00"}
      """;

  @Test
  void readsEveryFieldAndIgnoresUnknownOnes() throws InvalidRecordException {
    RawRecord record = record(ORDER);

    Order order = new OrderDecoder(EventTime.ofRecord()).decode(record);

    assertThat(
        order,
        is(
            new Order(
                "e-1",
                "O-1042",
                "C-7",
                "US",
                new BigDecimal("120.50"),
                "USD",
                "PAID",
                Instant.parse("2026-05-26T08:00:01.5Z"),
                record)));
  }

  @Test
  void aGuestHasNoCustomerId() throws InvalidRecordException {
    String nulled = ORDER.replace("\"C-7\"", "null");
    String missing = ORDER.replace("customer_id", "customer");

    assertThat(
        new OrderDecoder(EventTime.ofRecord()).decode(record(nulled)).customerId(),
        is(nullValue()));
    assertThat(
        new OrderDecoder(EventTime.ofRecord()).decode(record(missing)).customerId(),
        is(nullValue()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"event_id", "order_id", "region", "amount", "currency", "status", "event_time"})
  void eachRequiredFieldIsMissedByName(String field) {
    InvalidRecordException e = refused(ORDER.replace("\"" + field + "\"", "\"other\""));

    assertThat(e.errorClass(), is("missing_field"));
    assertThat(e.getMessage(), containsString(field));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"e-1\"", "\"O-1042\"", "\"US\"", "\"USD\"", "\"PAID\"", "120.5"})
  void nullOrBlankIsMissingToo(String value) {
    assertThat(refused(ORDER.replace(value, "null")).errorClass(), is("missing_field"));
    if (value.startsWith("\"")) {
      assertThat(refused(ORDER.replace(value, "\"  \"")).errorClass(), is("missing_field"));
    }
  }

  @Test
  void aNumberIsNoOrderId() {
    InvalidRecordException e = refused(ORDER.replace("\"O-1042\"", "1042"));

    assertThat(e.errorClass(), is("wrong_type"));
    assertThat(e.getMessage(), is("order_id is a number, wanted a string"));
  }

  private static InvalidRecordException refused(String json) {
    return assertThrows(
        InvalidRecordException.class,
        () -> new OrderDecoder(EventTime.ofRecord()).decode(record(json)));
  }

  private static RawRecord record(String json) {
    return new RawRecord(
        null,
        json.getBytes(StandardCharsets.UTF_8),
        List.of(),
        new Origin("kafka", "orders", 0, 0),
        Instant.EPOCH);
  }
}
