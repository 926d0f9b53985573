package dev.millrace.runners.support;

import java.math.BigDecimal;
import java.time.Instant;

/** Orders as they arrive. */
public final class OrderJson {
  private OrderJson() {}

  /** One version of an order, made by an event of its own. */
  public static String order(String orderId, String region, String amount, Instant eventTime) {
    return """
        {"event_id": "e-%s-%d-%s-%s", "order_id": "%s", "customer_id": null, "region": "%s", \
        "amount": %s, "currency": "USD", "status": "PAID", "event_time": "%s"}"""
        .formatted(
            orderId,
            eventTime.toEpochMilli(),
            region,
            amount,
            orderId,
            region,
            new BigDecimal(amount).toPlainString(),
            eventTime);
  }
}
