package dev.millrace.runners.cli;

import java.util.Arrays;

/**
 * The entry of the shaded job jar inside Flink ({@code flink run millrace-job.jar run orders ...
 * --runner=FlinkRunner --flinkMaster=[auto]}): the same command, which never ends its process.
 */
public final class FlinkJob {
  private FlinkJob() {}

  public static void main(String[] args) {
    int code = Millrace.execute(args);
    if (code != 0) {
      throw new IllegalArgumentException(
          "millrace " + String.join(" ", Arrays.asList(args)) + " ended with code " + code);
    }
  }
}
