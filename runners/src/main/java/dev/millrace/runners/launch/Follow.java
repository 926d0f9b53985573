package dev.millrace.runners.launch;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Runs a pipeline and prints how far it is, until it ends or the user ends it. */
final class Follow {
  private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(5);

  /** The counters that a person wants to know, in this order, if the pipeline has them. */
  private static final Map<String, String> TOLD = new LinkedHashMap<>();

  static {
    TOLD.put("read", "read");
    TOLD.put("duplicates", "duplicates");
    TOLD.put("late", "late");
    TOLD.put("written", "written");
    TOLD.put("inserted", "new");
    TOLD.put("updated", "changed");
    TOLD.put("unchanged", "unchanged");
    TOLD.put("rows_changed", "rows changed");
    TOLD.put("sessions_merged", "sessions merged");
    TOLD.put("conflicting", "conflicting");
    TOLD.put("dead_letters", "dead letters");
    TOLD.put("final_rows_corrected", "final rows corrected");
  }

  private final String pipeline;
  private final String jobName;
  private final @Nullable FlinkTarget flink;
  private final Supplier<String> progress;
  private final Told told;
  private final Instant begin = Instant.now();

  private volatile @Nullable PipelineResult result;

  Follow(
      String pipeline,
      String jobName,
      @Nullable FlinkTarget flink,
      Supplier<String> progress,
      Told told) {
    this.told = told;
    this.pipeline = pipeline;
    this.jobName = jobName;
    this.flink = flink;
    this.progress = progress;
  }

  int run(Pipeline built) {
    boolean onCluster = flink != null && flink.isCluster();
    told.line("Running " + jobName + " on " + where());
    CompletableFuture<PipelineResult> running =
        CompletableFuture.supplyAsync(() -> start(built), Follow::inThread);
    if (onCluster && flink.detach()) {
      get(running);
      told.line("Submitted. See http://" + flink.master() + "; job " + jobName);
      return 0;
    }
    Thread onInterrupt = new Thread(this::stop, "stop");
    Runtime.getRuntime().addShutdownHook(onInterrupt);
    PipelineResult.State state;
    try {
      state =
          awaitWithProgress(
              running.thenApplyAsync(PipelineResult::waitUntilFinish, Follow::inThread));
    } finally {
      removeHook(onInterrupt); // Losing sight of a job is no reason to stop it.
    }
    Map<String, Long> counts = onCluster ? finalCounts() : counts();
    if (state == PipelineResult.State.DONE && counts.isEmpty()) {
      counts.put("read", 0L); // No step has seen a record.
    }
    tell(counts);
    if (state == PipelineResult.State.DONE) {
      return 0;
    }
    if (onCluster && state == PipelineResult.State.FAILED) {
      throw new IllegalStateException(
          "the job failed: " + FlinkJobs.failure(flink.master(), jobName));
    }
    told.line("The job ended as " + state + ".");
    return state == PipelineResult.State.CANCELLED || state == PipelineResult.State.STOPPED ? 0 : 1;
  }

  /** A thread of its own: it is taken for as long as the pipeline runs. */
  private static void inThread(Runnable work) {
    Thread thread = new Thread(work, "pipeline");
    thread.setDaemon(true);
    thread.start();
  }

  private PipelineResult start(Pipeline built) {
    PipelineResult started = built.run();
    result = started;
    return started;
  }

  private PipelineResult.State awaitWithProgress(CompletableFuture<PipelineResult.State> ended) {
    while (true) {
      try {
        return ended.get(PROGRESS_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        tell(counts());
      } catch (ExecutionException e) {
        throw unwrapped(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw unwrapped(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static RuntimeException unwrapped(ExecutionException e) {
    return e.getCause() instanceof RuntimeException cause
        ? cause
        : new IllegalStateException(e.getCause());
  }

  /** Runs when the process is told to end (Ctrl-C): leaves nothing half done. */
  private void stop() {
    PipelineResult started = result;
    if (flink != null && flink.isCluster()) {
      told.line("Stopping the job ...");
      try {
        told.line(FlinkJobs.stop(flink.master(), jobName, false));
      } catch (IllegalStateException e) {
        told.line(e.getMessage());
      }
    } else if (started != null) {
      try {
        started.cancel();
      } catch (IOException | UnsupportedOperationException e) {
        told.line("It could not be cancelled: " + e.getMessage());
      }
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook does its work.
    }
  }

  private String where() {
    if (flink == null) {
      return "DirectRunner, in this process";
    }
    return flink.isCluster() ? "Flink at " + flink.master() : "Flink, in this process";
  }

  /** The pipeline's counters; empty while a Flink in this process runs, which tells at its end. */
  private Map<String, Long> counts() {
    PipelineResult started = result;
    return started == null ? new TreeMap<>() : counts(started.metrics());
  }

  private Map<String, Long> finalCounts() {
    return FlinkJobs.finalMetrics(flink.master(), jobName)
        .map(this::counts)
        .orElseGet(this::counts);
  }

  private Map<String, Long> counts(MetricResults metrics) {
    Map<String, Long> counts = new TreeMap<>();
    MetricsFilter ours =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.inNamespace(pipeline)).build();
    for (MetricResult<Long> counter : metrics.queryMetrics(ours).getCounters()) {
      Long attempted = counter.getAttempted();
      counts.merge(counter.getName().getName(), attempted == null ? 0L : attempted, Long::sum);
    }
    return counts;
  }

  private void tell(Map<String, Long> counts) {
    told.counts(counts);
    told.line(line(counts));
  }

  private String line(Map<String, Long> counts) {
    double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
    StringJoiner line = new StringJoiner("  ");
    line.add("%6.1f s".formatted(seconds));
    if (counts.containsKey("read")) {
      StringJoiner told = new StringJoiner(", ");
      TOLD.forEach(
          (counter, words) -> {
            if (counts.containsKey(counter)) {
              told.add("%s %,d".formatted(words, counts.get(counter)));
            }
          });
      line.add(told.toString());
    } else {
      line.add("running");
    }
    line.add(progress.get());
    return line.toString().stripTrailing();
  }
}
