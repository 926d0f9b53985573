package dev.millrace.benchmarks;

import java.util.Locale;

/** What is measured. */
enum Variant {
  /** Flink without Beam. */
  NATIVE(Source.NATIVE, true, false, false, false, false),
  /** The same, each event once: state and a timer for each id. */
  NATIVE_ONCE(Source.NATIVE, true, false, true, false, false),
  /** The same in RocksDB. */
  NATIVE_ONCE_ROCKSDB(Source.NATIVE, true, false, true, false, true),
  /** The product's source and aggregation. */
  MILLRACE(Source.MILLRACE, true, true, false, false, false),
  /** The same, and the product's admission. */
  MILLRACE_ONCE(Source.MILLRACE, true, true, true, false, false),
  /** The same, and the product's accounts. */
  MILLRACE_ONCE_ACCOUNTS(Source.MILLRACE, true, true, true, true, false),
  /** The product's admission without metrics and checkpoints: nobody should run it. */
  MILLRACE_ONCE_BARE(Source.MILLRACE, false, true, true, false, false),
  /** The product's admission in RocksDB. */
  MILLRACE_ONCE_ROCKSDB(Source.MILLRACE, true, true, true, false, true),
  /** The product's source and aggregation, without Beam's metrics. */
  MILLRACE_NOMETRICS(Source.MILLRACE, false, true, false, false, false),
  /** The product's source, with a Combine that gets each event. */
  MILLRACE_PLAIN(Source.MILLRACE, true, false, false, false, false),
  /** Beam's source, with the product's aggregation. */
  KAFKAIO(Source.KAFKAIO, true, true, false, false, false),
  /** The same without Beam's metrics. */
  KAFKAIO_NOMETRICS(Source.KAFKAIO, false, true, false, false, false),
  /** Beam's source, with a Combine that gets each event. */
  KAFKAIO_PLAIN(Source.KAFKAIO, true, false, false, false, false);

  /** What reads the topic. */
  enum Source {
    NATIVE,
    MILLRACE,
    KAFKAIO
  }

  private final Source source;
  private final boolean metrics;
  private final boolean preAggregated;
  private final boolean once;
  private final boolean accounts;
  private final boolean rocksDb;

  Variant(
      Source source,
      boolean metrics,
      boolean preAggregated,
      boolean once,
      boolean accounts,
      boolean rocksDb) {
    this.source = source;
    this.metrics = metrics;
    this.preAggregated = preAggregated;
    this.once = once;
    this.accounts = accounts;
    this.rocksDb = rocksDb;
  }

  /**
   * The variant as it is written on the command line.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static Variant parse(String text) {
    return Named.parse(values(), text);
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

  /** Whether each event counts once, by its id. */
  boolean once() {
    return once;
  }

  /** Whether every step counts its records for a ledger. */
  boolean accounts() {
    return accounts;
  }

  /** Whether the job has checkpoints. */
  boolean checkpoints() {
    return this != MILLRACE_ONCE_BARE;
  }

  /** Whether state is in RocksDB, and not on the heap. */
  boolean rocksDb() {
    return rocksDb;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
