package dev.millrace.runners.feed;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * Orders that a shop might see, and corrections of them, in the order of their times: of two
 * versions of an order the later one is the newer one. The same seed, the same bytes.
 *
 * @param count how many versions
 * @param perDay in event time, on average
 * @param start the time of the first
 */
public record OrderEvents(long count, int perDay, Instant start, long seed) {
  private static final String[] REGIONS = {"US", "EU", "LATAM", "APAC", "AFRICA", "ME"};
  private static final String[] STATUSES = {"PAID", "SHIPPED", "RETURNED", "CANCELLED"};

  /** The share of versions that correct an order that was there. */
  private static final double CORRECTIONS = 0.3;

  private static final double GUESTS = 0.1;
  private static final int CUSTOMERS = 1_000;
  private static final int MAX_CENTS = 100_000;

  /** Prices per weight or of exchange have more than two decimals. */
  private static final double FINE_AMOUNTS = 0.05;

  /**
   * Writes them as JSON lines.
   *
   * @param progress told how many are written
   */
  public void write(OutputStream out, LongConsumer progress) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    double meanGapMillis = (double) Duration.ofDays(1).toMillis() / perDay;
    long millis = start.toEpochMilli();
    long orders = 0;
    for (long i = 0; i < count; i++) {
      boolean corrects = orders > 0 && random.nextDouble() < CORRECTIONS;
      long order = corrects ? random.nextLong(orders) : orders;
      orders += corrects ? 0 : 1;
      out.write(version(i, order, corrects, millis, random).getBytes(StandardCharsets.UTF_8));
      // No two at the same time: of those nobody could say which is newer.
      millis += 1 + (long) (-meanGapMillis * StrictMath.log(1 - random.nextDouble()));
      progress.accept(i + 1);
    }
  }

  private static String version(
      long number, long order, boolean corrects, long millis, SplittableRandom random) {
    StringBuilder json = new StringBuilder(200);
    json.append("{\"event_id\":\"e").append(number);
    json.append("\",\"order_id\":\"o").append(order);
    if (random.nextDouble() >= GUESTS) {
      json.append("\",\"customer_id\":\"c").append(random.nextInt(CUSTOMERS));
    }
    json.append("\",\"region\":\"").append(REGIONS[random.nextInt(REGIONS.length)]);
    json.append("\",\"amount\":").append(amount(random));
    json.append(",\"currency\":\"EUR\",\"status\":\"");
    json.append(STATUSES[corrects ? random.nextInt(STATUSES.length) : 0]);
    json.append("\",\"event_time\":\"").append(Instant.ofEpochMilli(millis));
    return json.append("\"}\n").toString();
  }

  /** Negative for some: a cancellation. */
  private static String amount(SplittableRandom random) {
    int scale = random.nextDouble() < FINE_AMOUNTS ? 4 : 2;
    return BigDecimal.valueOf(random.nextInt(MAX_CENTS) - MAX_CENTS / 10, scale).toPlainString();
  }
}
