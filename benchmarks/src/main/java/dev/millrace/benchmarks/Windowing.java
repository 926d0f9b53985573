package dev.millrace.benchmarks;

import org.joda.time.Duration;

/** What all variants have in common. */
final class Windowing {
  static final Duration SIZE = Duration.standardMinutes(5);
  static final Duration OUT_OF_ORDERNESS = Duration.standardSeconds(30);

  private Windowing() {}
}
