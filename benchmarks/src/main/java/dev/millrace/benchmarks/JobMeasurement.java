package dev.millrace.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One run of a job by a contender.
 *
 * @param recordsPerSecond in the steady part
 * @param cpuSecondsPerMillion of the process, for a million records of the steady part
 * @param liveHeapMb what was left after a full collection when the steady part ended
 * @param peakRssMb of the process, in the whole run
 * @param rows what the job has come to
 * @param latencies in milliseconds, as {@link #LATENCIES} says; none of a replay
 */
record JobMeasurement(
    Job job,
    Contender contender,
    long records,
    double recordsPerSecond,
    double cpuSecondsPerMillion,
    long liveHeapMb,
    long peakRssMb,
    String rows,
    List<Double> latencies) {

  /** Of what the latencies are: percentiles, the most, and the last row after the last record. */
  static final List<String> LATENCIES =
      List.of("p50_ms", "p99_ms", "p999_ms", "max_ms", "last_row_after_ms");

  private static final int FIELDS = JobMeasurement.class.getRecordComponents().length;
  private static final String SEPARATOR = ";";

  /** As a line, in the order of the fields. */
  String toLine() {
    return String.join(
        SEPARATOR,
        job.toString(),
        contender.toString(),
        Long.toString(records),
        String.format(Locale.ROOT, "%.0f", recordsPerSecond),
        String.format(Locale.ROOT, "%.3f", cpuSecondsPerMillion),
        Long.toString(liveHeapMb),
        Long.toString(peakRssMb),
        rows,
        latencies.stream()
            .map(each -> String.format(Locale.ROOT, "%.0f", each))
            .collect(Collectors.joining(" ")));
  }

  /** Reads such a line. */
  static JobMeasurement parse(String line) {
    String[] fields = line.split(SEPARATOR, -1);
    if (fields.length != FIELDS) {
      throw new IllegalArgumentException("not a measurement: " + line);
    }
    return new JobMeasurement(
        Job.parse(fields[0]),
        Contender.parse(fields[1]),
        Long.parseLong(fields[2]),
        Double.parseDouble(fields[3]),
        Double.parseDouble(fields[4]),
        Long.parseLong(fields[5]),
        Long.parseLong(fields[6]),
        fields[7],
        Arrays.stream(fields[8].split(" "))
            .filter(each -> !each.isEmpty())
            .map(Double::valueOf)
            .toList());
  }
}
