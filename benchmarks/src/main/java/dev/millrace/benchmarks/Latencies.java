package dev.millrace.benchmarks;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * How long records took from the producer to a job of this process; static like {@link Progress}.
 *
 * <p>All clocks are one: microseconds since 1970 when this class was loaded, monotonic from then
 * on.
 */
final class Latencies {
  private static final long EPOCH_MICROS =
      TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis()) - System.nanoTime() / 1_000;

  private static final String FIELD = ",\"sent_micros\":";
  private static final int DIGITS = 16;
  private static final long MOST = TimeUnit.MINUTES.toMicros(10);

  private static final Map<Variant, ConcurrentHistogram> MEASURED = new EnumMap<>(Variant.class);
  private static final Set<Variant> SEEN = ConcurrentHashMap.newKeySet();

  private static volatile long from = Long.MAX_VALUE;
  private static volatile long until = Long.MAX_VALUE;

  static {
    for (Variant each : Variant.values()) {
      MEASURED.put(each, new ConcurrentHistogram(MOST, 3));
    }
  }

  private Latencies() {}

  /** Microseconds since 1970. */
  static long micros() {
    return EPOCH_MICROS + System.nanoTime() / 1_000;
  }

  /** What a payload ends with, before its last brace. */
  static String sentAt(long micros) {
    return FIELD + micros;
  }

  /** Measures the records that are sent from one time on and before another. */
  static void measure(long fromMicros, long untilMicros) {
    until = untilMicros;
    from = fromMicros;
  }

  /** Whether a record that was sent then is measured. */
  static boolean isMeasured(long sentMicros) {
    return sentMicros >= from && sentMicros < until;
  }

  /** A record has come to the first step after the source. */
  static void received(Variant variant, byte[] payload) {
    long now = micros();
    long sent = 0;
    for (int i = payload.length - 1 - DIGITS; i < payload.length - 1; i++) {
      sent = sent * 10 + payload[i] - '0';
    }
    if (isMeasured(sent)) {
      MEASURED.get(variant).recordValue(now - sent);
    } else {
      SEEN.add(variant);
    }
  }

  /** Whether any record has come. */
  static boolean anyReceived(Variant variant) {
    return SEEN.contains(variant);
  }

  /** Of the measured records that have come so far; in microseconds. */
  static Histogram of(Variant variant) {
    return MEASURED.get(variant).copy();
  }
}
