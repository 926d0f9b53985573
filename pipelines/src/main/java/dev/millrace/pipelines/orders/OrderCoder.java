package dev.millrace.pipelines.orders;

import dev.millrace.transforms.record.DecimalCoder;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.NullableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link Order} as bytes: a version byte, then its fields. */
public final class OrderCoder extends AtomicCoder<Order> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 2;
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final Coder<String> OPTIONAL_TEXT = NullableCoder.of(TEXT);
  private static final DecimalCoder DECIMAL = DecimalCoder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final OrderCoder INSTANCE = new OrderCoder();

  private OrderCoder() {}

  public static OrderCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(Order.class), INSTANCE);
  }

  @Override
  public void encode(Order order, OutputStream out) throws IOException {
    out.write(VERSION);
    TEXT.encode(order.eventId(), out);
    TEXT.encode(order.orderId(), out);
    OPTIONAL_TEXT.encode(order.customerId(), out);
    TEXT.encode(order.region(), out);
    DECIMAL.encode(order.amount(), out);
    TEXT.encode(order.currency(), out);
    TEXT.encode(order.status(), out);
    LONG.encode(ChronoUnit.MICROS.between(Instant.EPOCH, order.eventTime()), out);
    RECORD.encode(order.record(), out);
  }

  @Override
  public Order decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException("Order of version " + version + ", written by another release");
    }
    String eventId = TEXT.decode(in);
    String orderId = TEXT.decode(in);
    String customerId = OPTIONAL_TEXT.decode(in);
    String region = TEXT.decode(in);
    BigDecimal amount = DECIMAL.decode(in);
    String currency = TEXT.decode(in);
    String status = TEXT.decode(in);
    Instant eventTime = Instant.EPOCH.plus(LONG.decode(in), ChronoUnit.MICROS);
    return new Order(
        eventId,
        orderId,
        customerId,
        region,
        amount,
        currency,
        status,
        eventTime,
        RECORD.decode(in));
  }
}
