package dev.millrace.pipelines.orders;

import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One version of an order.
 *
 * @param eventId the event that made this version
 * @param orderId the order; versions of it share the id
 * @param customerId null for a guest
 * @param region where it was sold
 * @param amount exact, negative for a cancellation, in {@code currency}
 * @param currency for example GBP
 * @param status for example PAID
 * @param eventTime when it happened, to the microsecond
 * @param record what it was made of: says when it was loaded, and from where
 */
@DefaultCoder(OrderCoder.class)
public record Order(
    String eventId,
    String orderId,
    @Nullable String customerId,
    String region,
    BigDecimal amount,
    String currency,
    String status,
    Instant eventTime,
    RawRecord record) {

  /**
   * Older before newer: by event time, then by when and from where it was loaded. A total order of
   * deliveries, so that the same records leave the same rows in whatever order they come.
   */
  public static final Comparator<Order> BY_VERSION =
      Comparator.comparing(Order::eventTime)
          .thenComparing(order -> order.record().loadedAt())
          .thenComparing(order -> order.record().origin());

  /** The UTC date of the event. */
  public LocalDate orderDate() {
    return LocalDate.ofInstant(eventTime, ZoneOffset.UTC);
  }

  /** The first instant after the {@link #orderDate}. */
  Instant endOfDay() {
    return orderDate().plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
