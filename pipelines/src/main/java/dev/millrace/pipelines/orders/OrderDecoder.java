package dev.millrace.pipelines.orders;

import static dev.millrace.transforms.decode.JsonPayload.once;
import static dev.millrace.transforms.decode.JsonPayload.required;
import static dev.millrace.transforms.decode.JsonPayload.requiredEventTime;

import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.decode.JsonPayload;
import dev.millrace.transforms.decode.RecordDecoder;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The JSON of an order: {@code event_id}, {@code order_id}, {@code region}, {@code amount}, {@code
 * currency}, {@code status}, {@code event_time}, all required, and {@code customer_id}, which may
 * be null. Other fields are ignored.
 */
public final class OrderDecoder implements RecordDecoder<Order> {
  private static final long serialVersionUID = 1L;

  private final EventTime eventTime;

  /** Decodes records that {@code eventTime} dates. */
  public OrderDecoder(EventTime eventTime) {
    this.eventTime = eventTime;
  }

  @Override
  public Order decode(RawRecord record) throws InvalidRecordException {
    OrderFields fields = new OrderFields();
    JsonPayload.read(record, fields);
    return new Order(
        required("event_id", fields.eventId),
        required("order_id", fields.orderId),
        fields.customerId,
        required("region", fields.region),
        required("amount", fields.amount),
        required("currency", fields.currency),
        required("status", fields.status),
        requiredEventTime("event_time", fields.eventTime, record, eventTime),
        record);
  }

  private static final class OrderFields implements JsonPayload.Fields {
    private @Nullable String eventId;
    private @Nullable String orderId;
    private @Nullable String customerId;
    private @Nullable String region;
    private @Nullable BigDecimal amount;
    private @Nullable String currency;
    private @Nullable String status;
    private boolean isDated;
    private @Nullable Instant eventTime;

    @Override
    public void field(String name, JsonPayload.Value value)
        throws InvalidRecordException, IOException {
      switch (name) {
        case "event_id" -> eventId = value.text();
        case "order_id" -> orderId = value.text();
        case "customer_id" -> customerId = value.text();
        case "region" -> region = value.text();
        case "amount" -> amount = value.decimal();
        case "currency" -> currency = value.text();
        case "status" -> status = value.text();
        case "event_time" -> {
          isDated = once(name, isDated);
          eventTime = value.instant();
        }
        default -> {}
      }
    }
  }
}
