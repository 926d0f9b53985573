package dev.millrace.runners.launch;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Which Flink runs a job, and how.
 *
 * @param master the REST address of a session cluster, or {@code [local]} for one in this process
 * @param jobJars what the cluster needs to run it; empty in this process
 * @param checkpointingInterval between the checkpoints of a stream
 * @param savepointPath what to go on from; null to start afresh
 * @param detach return once it is submitted
 */
public record FlinkTarget(
    String master,
    List<Path> jobJars,
    Duration checkpointingInterval,
    @Nullable String savepointPath,
    boolean detach) {

  /** Whether it is in processes of its own. */
  boolean isCluster() {
    return !master.startsWith("[");
  }
}
