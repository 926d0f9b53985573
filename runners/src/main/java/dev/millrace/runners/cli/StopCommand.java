package dev.millrace.runners.cli;

import dev.millrace.runners.launch.FlinkJobs;
import dev.millrace.runners.local.Environment;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Stops a stream on a cluster. */
@Command(
    name = "stop",
    description = {
      "Stop a job on a Flink cluster: with a savepoint to go on from, or, drained, for good.",
    },
    mixinStandardHelpOptions = true)
final class StopCommand implements Runnable {

  @Parameters(
      paramLabel = "JOB",
      arity = "0..1",
      description = "The job's name, as 'run' has printed it. Default: the only one that runs.")
  private @Nullable String job;

  @Option(
      names = "--drain",
      description =
          "Close every window first, as if nothing more could come: every row becomes final. Not"
              + " for an upgrade: what comes later would be late.")
  private boolean drain;

  @Option(
      names = "--flinkMaster",
      paramLabel = "HOST:PORT",
      description =
          "The cluster's REST address. Default: $MILLRACE_FLINK_MASTER, or the local stack's.")
  private @Nullable String flinkMaster;

  @Override
  public void run() {
    String master = new Addresses().find(flinkMaster, Environment.FLINK_MASTER);
    if (master == null) {
      throw new UsageException(
          List.of("no Flink cluster: give --flinkMaster, or set " + Environment.FLINK_MASTER));
    }
    String name = job == null ? only(FlinkJobs.running(master), master) : job;
    System.out.println("Stopping " + name + " at " + master + Addresses.note(master) + " ...");
    System.out.println(FlinkJobs.stop(master, name, drain));
  }

  private static String only(List<String> running, String master) {
    if (running.isEmpty()) {
      throw new FailedException(List.of("no job runs at " + master));
    }
    if (running.size() > 1) {
      throw new UsageException(List.of("which job? These run: " + String.join(", ", running)));
    }
    return running.get(0);
  }
}
