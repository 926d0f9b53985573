package dev.millrace.pipelines.orders;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.FieldsCoder;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link Order} as bytes. */
public final class OrderCoder extends FieldsCoder<Order> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 3;
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final OrderCoder INSTANCE = new OrderCoder();

  private OrderCoder() {
    super("Order", VERSION);
  }

  public static OrderCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(Order.class), INSTANCE);
  }

  @Override
  protected void write(Order order, FieldWriter out) throws IOException {
    out.putText(order.eventId());
    out.putText(order.orderId());
    out.putOptionalText(order.customerId());
    out.putText(order.region());
    out.putDecimal(order.amount());
    out.putText(order.currency());
    out.putText(order.status());
    out.putLong(ChronoUnit.MICROS.between(Instant.EPOCH, order.eventTime()));
    RECORD.encode(order.record(), out);
  }

  @Override
  protected Order read(FieldReader in) throws IOException {
    return new Order(
        in.getText(),
        in.getText(),
        in.getOptionalText(),
        in.getText(),
        in.getDecimal(),
        in.getText(),
        in.getText(),
        Instant.EPOCH.plus(in.getLong(), ChronoUnit.MICROS),
        RECORD.decode(in));
  }
}
