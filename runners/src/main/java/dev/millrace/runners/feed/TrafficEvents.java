package dev.millrace.runners.feed;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * Events that a web shop might see, in the order of their times: visits of users who look at some
 * pages with a few seconds between them, or come back later. The same seed, the same bytes.
 *
 * @param count how many
 * @param users how many different ones
 * @param regions where they come from; a user always from the same
 * @param perSecond in event time, on average
 * @param start the time of the first
 */
public record TrafficEvents(
    long count, int users, List<String> regions, int perSecond, Instant start, long seed) {
  private static final List<String> REGIONS = List.of("US", "EU", "LATAM", "APAC", "AFRICA", "ME");
  private static final String[] PAGES = {"/", "/search", "/item", "/cart", "/pay", "/help"};

  /** The share of events of nobody known, without a page, and without a value. */
  private static final double ANONYMOUS = 0.05;

  private static final double WITHOUT_PAGE = 0.1;
  private static final double WITHOUT_VALUE = 0.3;
  private static final int MAX_CENTS = 50_000;

  /** From six regions. */
  public TrafficEvents(long count, int users, int perSecond, Instant start, long seed) {
    this(count, users, REGIONS, perSecond, start, seed);
  }

  /**
   * Writes them as JSON lines.
   *
   * @param progress told how many are written
   */
  public void write(OutputStream out, LongConsumer progress) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    double meanGapMillis = (double) Duration.ofSeconds(1).toMillis() / perSecond;
    double millis = start.toEpochMilli();
    for (long i = 0; i < count; i++) {
      out.write(event(i, (long) millis, random).getBytes(StandardCharsets.UTF_8));
      millis -= meanGapMillis * StrictMath.log(1 - random.nextDouble());
      progress.accept(i + 1);
    }
  }

  private String event(long number, long millis, SplittableRandom random) {
    StringBuilder json = new StringBuilder(160);
    // Few users are busy, many are seldom seen.
    int user = (int) (users * StrictMath.pow(random.nextDouble(), 3));
    json.append("{\"event_id\":\"e").append(number).append("\",\"region\":\"");
    json.append(regions.get(user % regions.size())).append("\",\"event_time\":\"");
    json.append(Instant.ofEpochMilli(millis)).append('"');
    if (random.nextDouble() >= ANONYMOUS) {
      json.append(",\"user_id\":\"u").append(user).append('"');
    }
    if (random.nextDouble() >= WITHOUT_PAGE) {
      json.append(",\"page\":\"").append(PAGES[random.nextInt(PAGES.length)]).append('"');
    }
    if (random.nextDouble() >= WITHOUT_VALUE) {
      int cents = random.nextInt(MAX_CENTS);
      json.append(",\"value\":");
      json.append(String.format(Locale.ROOT, "%d.%02d", cents / 100, cents % 100));
    }
    return json.append("}\n").toString();
  }
}
