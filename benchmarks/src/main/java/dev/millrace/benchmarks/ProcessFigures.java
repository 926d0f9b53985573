package dev.millrace.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has used. */
final class ProcessFigures {
  private static final int KB_IN_MB = 1 << 10;
  private static final long MB = 1 << 20;

  private ProcessFigures() {}

  /** CPU time so far, of all its threads. */
  static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  /** After a full collection; a job goes on meanwhile, in what time that leaves. */
  static long liveHeapMb() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getCollectionUsage() != null)
            .mapToLong(pool -> pool.getCollectionUsage().getUsed())
            .sum()
        / MB;
  }

  static long peakResidentMb() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / KB_IN_MB)
        .findFirst()
        .orElse(0);
  }
}
