package dev.millrace.benchmarks;

import java.math.BigDecimal;
import java.util.Locale;

/**
 * One run of {@code count}.
 *
 * @param records in the topic
 * @param seconds the steady part took
 * @param recordsPerSecond in the steady part
 * @param cpuSecondsPerMillion of this process, for a million records of the steady part
 * @param gc the collector
 * @param gcSeconds of collections in the steady part
 * @param panes windows that have fired, of all regions
 * @param counted records in them
 * @param sum of their values
 */
record Measurement(
    String variant,
    int parallelism,
    long records,
    double seconds,
    double recordsPerSecond,
    double cpuSecondsPerMillion,
    String gc,
    double gcSeconds,
    long panes,
    long counted,
    BigDecimal sum) {

  private static final int FIELDS = Measurement.class.getRecordComponents().length;

  /** As a line of CSV, in the order of the fields. */
  String toCsv() {
    return String.format(
        Locale.ROOT,
        "%s,%d,%d,%.2f,%.0f,%.2f,%s,%.2f,%d,%d,%s",
        variant,
        parallelism,
        records,
        seconds,
        recordsPerSecond,
        cpuSecondsPerMillion,
        gc,
        gcSeconds,
        panes,
        counted,
        sum.toPlainString());
  }

  /**
   * Reads such a line.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static Measurement parse(String line) {
    String[] fields = line.split(",", -1);
    if (fields.length != FIELDS) {
      throw new IllegalArgumentException("not a measurement: " + line);
    }
    try {
      return new Measurement(
          fields[0],
          Integer.parseInt(fields[1]),
          Long.parseLong(fields[2]),
          Double.parseDouble(fields[3]),
          Double.parseDouble(fields[4]),
          Double.parseDouble(fields[5]),
          fields[6],
          Double.parseDouble(fields[7]),
          Long.parseLong(fields[8]),
          Long.parseLong(fields[9]),
          new BigDecimal(fields[10]));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a measurement: " + line, e);
    }
  }
}
