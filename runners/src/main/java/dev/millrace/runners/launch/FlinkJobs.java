package dev.millrace.runners.launch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.beam.runners.core.metrics.MetricsContainerStepMap;
import org.apache.beam.runners.flink.metrics.FlinkMetricContainer;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.rest.messages.EmptyRequestBody;
import org.apache.flink.runtime.rest.messages.JobExceptionsHeaders;
import org.apache.flink.runtime.rest.messages.JobMessageParameters;
import org.apache.flink.runtime.rest.messages.checkpoints.CheckpointStatistics;
import org.apache.flink.runtime.rest.messages.checkpoints.CheckpointingStatistics;
import org.apache.flink.runtime.rest.messages.checkpoints.CheckpointingStatisticsHeaders;
import org.apache.flink.runtime.rest.messages.job.JobExceptionsMessageParameters;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.OptionalFailure;
import org.apache.flink.util.SerializedValue;

/** Jobs of a session cluster, by name, over its REST interface. */
public final class FlinkJobs {
  private static final long TIMEOUT_SECONDS = 60;
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
  private static final long START_SECONDS = 30;
  private static final long POLL_MILLIS = 500;
  private static final long PROGRESS_SECONDS = 5;

  /** How Flink refuses a savepoint of a batch. */
  private static final String NO_STREAM = "is not a streaming job";

  /** How Flink refuses one while tasks are being restarted. */
  private static final String NOT_RUNNING = "Not all required tasks are currently running";

  /** In the names of the steps of KafkaIO's exactly-once sink. */
  private static final String TRANSACTIONS = "KafkaExactlyOnceSink";

  private static final String CAUSED_BY = "Caused by: ";

  private FlinkJobs() {}

  /** Whether a session cluster answers. */
  static boolean answers(String master) {
    int colon = master.lastIndexOf(':');
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(
              master.substring(0, colon), Integer.parseInt(master.substring(colon + 1))),
          CONNECT_TIMEOUT_MILLIS);
      return true;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  /** Why a job failed, in a sentence. */
  public static String failure(String master, String jobName) {
    try (RestClusterClient<String> client = client(master)) {
      Optional<JobResult> ended = result(client, jobName);
      if (ended.isEmpty()) {
        return "the cluster no longer knows it";
      }
      return ended
          .get()
          .getSerializedThrowable()
          .map(error -> rootMessage(error.deserializeError(FlinkJobs.class.getClassLoader())))
          .orElse("it gave no reason");
    } catch (Exception e) {
      return "asking why failed too: " + e.getMessage();
    }
  }

  /**
   * The final metrics of a job that has ended; empty if the cluster doesn't tell. The accumulators
   * that the runner asks for come from a cache of the cluster and may be some seconds old.
   */
  static Optional<MetricResults> finalMetrics(String master, String jobName) {
    try (RestClusterClient<String> client = client(master)) {
      Optional<JobResult> ended = result(client, jobName);
      if (ended.isEmpty()) {
        return Optional.empty();
      }
      SerializedValue<OptionalFailure<Object>> metrics =
          ended.get().getAccumulatorResults().get(FlinkMetricContainer.ACCUMULATOR_NAME);
      if (metrics == null) {
        return Optional.empty();
      }
      Object steps = metrics.deserializeValue(FlinkJobs.class.getClassLoader()).get();
      return Optional.of(
          MetricsContainerStepMap.asAttemptedOnlyMetricResults((MetricsContainerStepMap) steps));
    } catch (Exception e) {
      return Optional.empty();
    }
  }

  /** The names of the jobs that have not ended. */
  public static List<String> running(String master) {
    try (RestClusterClient<String> client = client(master)) {
      return client.listJobs().get(TIMEOUT_SECONDS, TimeUnit.SECONDS).stream()
          .filter(job -> !job.getJobState().isGloballyTerminalState())
          .map(JobStatusMessage::getJobName)
          .sorted()
          .toList();
    } catch (Exception e) {
      throw new IllegalStateException("the cluster at " + master + " doesn't answer", e);
    }
  }

  /** How often a job that hasn't ended has gone back to a checkpoint. */
  public static long restores(String master, String jobName) {
    try (RestClusterClient<String> client = client(master)) {
      JobStatusMessage job =
          find(client, jobName)
              .orElseThrow(() -> new IllegalStateException("there is no job " + jobName));
      return checkpoints(client, job.getJobId()).getCounts().getNumberRestoredCheckpoints();
    } catch (Exception e) {
      throw new IllegalStateException("asking for restarts failed: " + e.getMessage(), e);
    }
  }

  /**
   * Ends a job: a stream with a savepoint to go on from, a batch, or a stream that doesn't come to
   * run, by cancelling it. Prints how long it takes.
   *
   * @param drain whether every window is closed first, as if nothing more could come
   * @return what was done, for the user
   * @throws IllegalStateException if the job runs on, with the reason
   */
  public static String stop(String master, String jobName, boolean drain) {
    try (RestClusterClient<String> client = client(master)) {
      JobStatusMessage job =
          find(client, jobName)
              .orElseThrow(
                  () -> new IllegalStateException("there is no job " + jobName + " at " + master));
      JobStatus state = stateOnceStarted(client, job);
      if (state.isGloballyTerminalState()) {
        throw new IllegalStateException(jobName + " has ended, it is " + state);
      }
      if (state == JobStatus.RUNNING) {
        return stopRunning(client, job.getJobId(), jobName, drain);
      }
      if (drain) {
        throw new IllegalStateException(
            jobName + " is " + state + ": it can be drained only while it runs");
      }
      String goOn = lastCheckpoint(client, job.getJobId());
      client.cancel(job.getJobId()).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      return "Cancelled " + jobName + ", which was " + state + "." + goOn;
    } catch (IllegalStateException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(
          jobName + " could not be stopped: " + rootMessage(e) + "; see http://" + master, e);
    }
  }

  /** Tasks that are being restarted can't take one. */
  private static String savepointOnceRunning(
      RestClusterClient<String> client, JobID id, boolean drain) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (true) {
      try {
        return told(client.stopWithSavepoint(id, drain, null, SavepointFormatType.CANONICAL));
      } catch (ExecutionException e) {
        if (!rootMessage(e).contains(NOT_RUNNING) || System.nanoTime() > deadline) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    }
  }

  /** A JobManager that has just been started again takes some seconds to take up its jobs. */
  private static JobStatus stateOnceStarted(RestClusterClient<String> client, JobStatusMessage job)
      throws Exception {
    JobStatus state = job.getJobState();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while ((state == JobStatus.INITIALIZING || state == JobStatus.CREATED)
        && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      state = client.getJobStatus(job.getJobId()).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
    return state;
  }

  private static String stopRunning(
      RestClusterClient<String> client, JobID id, String jobName, boolean drain) throws Exception {
    if (drain && sendsInTransactions(client, id)) {
      throw new IllegalStateException(
          jobName
              + " sends with --delivery=exactly-once, which Beam can't drain: its last messages wait"
              + " for a checkpoint that never comes. Stop it without --drain");
    }
    try {
      String savepoint = savepointOnceRunning(client, id, drain);
      return drain
          ? "Drained and stopped " + jobName + ": every window is closed, every row final."
          : "Stopped " + jobName + ". To go on from here: --savepointPath=" + savepoint;
    } catch (ExecutionException e) {
      if (!rootMessage(e).contains(NO_STREAM)) {
        throw new IllegalStateException(
            jobName
                + (drain ? " could not be drained: " : " could not be stopped: ")
                + rootMessage(e)
                + lastFailure(client, id),
            e);
      }
      client.cancel(id).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      return "Cancelled " + jobName + ".";
    }
  }

  private static boolean sendsInTransactions(RestClusterClient<String> client, JobID id)
      throws Exception {
    return client
        .getJobDetails(id)
        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .getJobVertexInfos()
        .stream()
        .anyMatch(vertex -> vertex.getName().contains(TRANSACTIONS));
  }

  /** Waits for a savepoint, for which all that was read must be written first. */
  private static String told(CompletableFuture<String> savepoint) throws Exception {
    for (long seconds = PROGRESS_SECONDS; ; seconds += PROGRESS_SECONDS) {
      try {
        return savepoint.get(PROGRESS_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        System.out.println("%6d s  waiting for what was read to be written".formatted(seconds));
      }
    }
  }

  /** What the job itself failed from last; empty if it hasn't, or doesn't say. */
  private static String lastFailure(RestClusterClient<String> client, JobID id) throws Exception {
    JobExceptionsMessageParameters parameters = new JobExceptionsMessageParameters();
    parameters.jobPathParameter.resolve(id);
    return client
        .sendRequest(JobExceptionsHeaders.getInstance(), parameters, EmptyRequestBody.getInstance())
        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .getExceptionHistory()
        .getEntries()
        .stream()
        .findFirst()
        .map(failure -> "; a step had failed: " + deepestCause(failure.getStacktrace()))
        .orElse("");
  }

  private static String deepestCause(String stackTrace) {
    int last = stackTrace.lastIndexOf(CAUSED_BY);
    String cause = last < 0 ? stackTrace : stackTrace.substring(last + CAUSED_BY.length());
    return cause.lines().findFirst().orElse("");
  }

  private static String lastCheckpoint(RestClusterClient<String> client, JobID id)
      throws Exception {
    try {
      CheckpointingStatistics.LatestCheckpoints latest =
          checkpoints(client, id).getLatestCheckpoints();
      CheckpointStatistics.CompletedCheckpointStatistics last =
          latest == null ? null : latest.getCompletedCheckpointStatistics();
      return last == null || last.getExternalPath() == null
          ? ""
          : " To go on from its last checkpoint: --savepointPath=" + last.getExternalPath();
    } catch (ExecutionException e) {
      return ""; // A batch has none.
    }
  }

  private static CheckpointingStatistics checkpoints(RestClusterClient<String> client, JobID id)
      throws Exception {
    JobMessageParameters parameters = new JobMessageParameters();
    parameters.jobPathParameter.resolve(id);
    return client
        .sendRequest(
            CheckpointingStatisticsHeaders.getInstance(),
            parameters,
            EmptyRequestBody.getInstance())
        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  private static RestClusterClient<String> client(String master) throws Exception {
    int colon = master.lastIndexOf(':');
    Configuration configuration = new Configuration();
    configuration.set(RestOptions.ADDRESS, master.substring(0, colon));
    configuration.set(RestOptions.PORT, Integer.parseInt(master.substring(colon + 1)));
    return new RestClusterClient<>(configuration, "session");
  }

  /** What a job that has ended left; empty if the cluster doesn't know it. */
  private static Optional<JobResult> result(RestClusterClient<String> client, String jobName)
      throws Exception {
    Optional<JobStatusMessage> job = find(client, jobName);
    return job.isEmpty()
        ? Optional.empty()
        : Optional.of(
            client.requestJobResult(job.get().getJobId()).get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
  }

  /** The one of that name that has not ended, or else the last one. */
  private static Optional<JobStatusMessage> find(RestClusterClient<String> client, String jobName)
      throws Exception {
    return client.listJobs().get(TIMEOUT_SECONDS, TimeUnit.SECONDS).stream()
        .filter(job -> job.getJobName().equals(jobName))
        .max(
            Comparator.comparing(
                    (JobStatusMessage job) -> !job.getJobState().isGloballyTerminalState())
                .thenComparing(JobStatusMessage::getStartTime));
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return message == null ? ExceptionUtils.stringifyException(root) : message;
  }
}
