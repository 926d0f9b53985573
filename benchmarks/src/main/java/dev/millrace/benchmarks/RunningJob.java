package dev.millrace.benchmarks;

/** A job in the Flink of this process. */
interface RunningJob {
  /** Whether it has neither ended nor failed. */
  boolean runs();

  /** Ends it, and with it its Flink; nothing if it has ended. */
  void cancel();
}
