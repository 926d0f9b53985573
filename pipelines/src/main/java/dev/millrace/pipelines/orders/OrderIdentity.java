package dev.millrace.pipelines.orders;

import com.dynatrace.hash4j.hashing.HashSink;
import dev.millrace.transforms.admission.Identity;
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
  public void content(Order order, long millis, HashSink sink) {
    sink.putString(order.orderId());
    sink.putString(order.customerId() == null ? "" : order.customerId());
    sink.putString(order.region());
    Identity.putDecimal(order.amount(), sink);
    sink.putString(order.currency());
    sink.putString(order.status());
    sink.putLong(ChronoUnit.MICROS.between(Instant.EPOCH, order.eventTime()));
  }

  @Override
  public RawRecord record(Order order) {
    return order.record();
  }
}
