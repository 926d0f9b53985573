package dev.millrace.benchmarks;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Watches a job of this process from outside, every few milliseconds; the job does nothing for it.
 */
final class Watch {
  /** The part that counts: before it the JIT is busy, after it partitions have ended. */
  static final double STEADY_FROM = 0.30;

  static final double STEADY_TO = 0.95;

  /** With more than half a core a process is at work; an idle job takes a tenth. */
  private static final double BUSY = 0.5;

  private static final Duration SAMPLE = Duration.ofMillis(20);
  private static final Duration TELL = Duration.ofSeconds(5);
  private static final Duration STALLED = Duration.ofSeconds(60);

  private final RunningJob job;
  private final String name;
  private final long records;
  private final Polled polled;

  /**
   * Watches a job.
   *
   * @param name told with its progress
   * @param topic that it reads
   */
  Watch(RunningJob job, String name, BenchmarkTopic topic) {
    this.job = job;
    this.name = name;
    this.records = topic.records();
    this.polled = new Polled(topic.name());
  }

  /** That there are to read. */
  long records() {
    return records;
  }

  /** How things are at a moment. */
  record Sample(long nanos, long records, long cpuNanos, long gcMillis) {}

  /** Waits until a share of the records is read. */
  Sample await(double share) {
    long wanted = Math.round(records * share);
    long told = System.nanoTime();
    long moved = told;
    long before = -1;
    while (true) {
      long done = polled.records();
      long now = System.nanoTime();
      if (done >= wanted) {
        return new Sample(now, done, ProcessFigures.cpuNanos(), gcMillis());
      }
      if (done != before) {
        before = done;
        moved = now;
      } else if (now - moved > STALLED.toNanos()) {
        throw new Benchmarks.FailedException(
            "no record for " + STALLED.toSeconds() + " s, at " + done + " of " + records);
      }
      if (now - told > TELL.toNanos()) {
        told = now;
        System.err.printf("%s: %,d of %,d records%n", name, done, records);
        if (!job.runs()) {
          throw new Benchmarks.FailedException("the job has failed, at " + done + " records");
        }
      }
      LockSupport.parkNanos(SAMPLE.toNanos());
    }
  }

  /**
   * Waits until a number doesn't change any more, and the process is idle: a slow job may work for
   * long before its next window fires.
   *
   * @param settled when it hasn't for so long, it won't
   */
  static void awaitQuiet(LongSupplier number, Duration look, Duration settled) {
    long before = number.getAsLong();
    long changed = System.nanoTime();
    long cpuNanos = ProcessFigures.cpuNanos();
    while (true) {
      LockSupport.parkNanos(look.toNanos());
      long now = number.getAsLong();
      boolean isOver = System.nanoTime() - changed >= settled.toNanos();
      boolean wasBusy = ProcessFigures.cpuNanos() - cpuNanos > settled.toNanos() * BUSY;
      if (isOver && now == before && !wasBusy) {
        return;
      }
      if (isOver || now != before) {
        before = now;
        changed = System.nanoTime();
        cpuNanos = ProcessFigures.cpuNanos();
      }
    }
  }

  private static long gcMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }
}
