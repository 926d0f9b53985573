package dev.millrace.pipelines.orders;

import dev.millrace.transforms.admission.Identity;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.RawRecord;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** A version of an order is known by the event that made it. */
final class OrderIdentity implements Identity<Order> {
  private static final long serialVersionUID = 1L;

  @Override
  public String id(Order order) {
    return order.eventId();
  }

  @Override
  public void content(Order order, long millis, FieldWriter out) {
    out.putText(order.orderId());
    out.putOptionalText(order.customerId());
    out.putText(order.region());
    out.putDecimal(order.amount());
    out.putText(order.currency());
    out.putText(order.status());
    out.putLong(ChronoUnit.MICROS.between(Instant.EPOCH, order.eventTime()));
  }

  @Override
  public RawRecord record(Order order) {
    return order.record();
  }
}
