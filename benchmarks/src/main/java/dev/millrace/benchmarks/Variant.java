package dev.millrace.benchmarks;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is measured. */
enum Variant {
  /** Flink without Beam. */
  NATIVE(Source.NATIVE, true, false),
  /** The product's source and aggregation. */
  MILLRACE(Source.MILLRACE, true, true),
  /** The same without Beam's metrics. */
  MILLRACE_NOMETRICS(Source.MILLRACE, false, true),
  /** The product's source, with a Combine that gets each event. */
  MILLRACE_PLAIN(Source.MILLRACE, true, false),
  /** Beam's source, with the product's aggregation. */
  KAFKAIO(Source.KAFKAIO, true, true),
  /** The same without Beam's metrics. */
  KAFKAIO_NOMETRICS(Source.KAFKAIO, false, true),
  /** Beam's source, with a Combine that gets each event. */
  KAFKAIO_PLAIN(Source.KAFKAIO, true, false);

  /** What reads the topic. */
  enum Source {
    NATIVE,
    MILLRACE,
    KAFKAIO
  }

  private final Source source;
  private final boolean metrics;
  private final boolean preAggregated;

  Variant(Source source, boolean metrics, boolean preAggregated) {
    this.source = source;
    this.metrics = metrics;
    this.preAggregated = preAggregated;
  }

  /**
   * The variant as it is written on the command line.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static Variant parse(String text) {
    return Arrays.stream(values())
        .filter(each -> each.toString().equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is none of " + allNames()));
  }

  private static String allNames() {
    return Arrays.stream(values()).map(Variant::toString).collect(Collectors.joining(", "));
  }

  Source source() {
    return source;
  }

  boolean metrics() {
    return metrics;
  }

  boolean preAggregated() {
    return preAggregated;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
