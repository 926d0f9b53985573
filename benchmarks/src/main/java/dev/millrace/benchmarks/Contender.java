package dev.millrace.benchmarks;

import java.util.Locale;

/** A way to write a job. */
enum Contender {
  /** The product's pipeline with everything on. */
  OURS,
  /** Flink without Beam, as its documentation teaches. */
  NATIVE,
  /** Flink without Beam, with every trick that the product uses. */
  NATIVE_TUNED,
  /** The graph in Beam, written plainly, with the product's options of the runner. */
  BEAM_PLAIN,
  /** The same with the runner's default options. */
  BEAM_PLAIN_DEFAULTS,
  /** Kafka Streams. */
  KAFKA_STREAMS;

  static Contender parse(String text) {
    return Named.parse(values(), text);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
