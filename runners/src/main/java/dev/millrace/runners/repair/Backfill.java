package dev.millrace.runners.repair;

import dev.millrace.io.jdbc.Balance;
import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.Run;
import dev.millrace.io.jdbc.Runs;
import dev.millrace.io.jdbc.Shadow;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.runners.launch.Told;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import dev.millrace.transforms.window.Scope;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Runs a pipeline once for each of some past days, a few at once. Days that are done already, from
 * the same source, are skipped, so that a backfill that was killed goes on where it was.
 */
public final class Backfill {
  private final Wish wish;
  private final PastSource source;
  private final Runner runner;

  /**
   * What is wanted.
   *
   * @param direct whether the live tables are written, and not tables of the run's own
   * @param again whether days are run that are done
   * @param maxActive how many days run at once
   * @param admission which events count
   * @param version noted in dead letters
   */
  public record Wish(
      RepairedPipeline pipeline,
      Database database,
      boolean direct,
      boolean again,
      int maxActive,
      EventTime eventTime,
      AdmissionRule admission,
      String version,
      String who,
      @Nullable String reason) {

    private String kind() {
      return direct ? Run.BACKFILL_DIRECT : Run.BACKFILL;
    }
  }

  /** Runs a graph to its end; returns 0 if it came there. */
  public interface Runner {
    /** Runs it once. */
    int run(Consumer<Pipeline> graph, Told told);
  }

  /** Who is told, from several threads. */
  public interface Listener {
    /** A run reads so many records more. */
    void read(long more);

    /** A day is over. */
    void ended(Outcome outcome);
  }

  /**
   * What became of a day.
   *
   * @param day null for all of time
   * @param run its number; that of the run before, if it was skipped
   * @param records that were read
   * @param failure why it failed; null if it didn't
   */
  public record Outcome(
      @Nullable LocalDate day,
      long run,
      boolean skipped,
      long records,
      @Nullable Exception failure) {}

  /** A backfill, to be {@link #run}. */
  public Backfill(Wish wish, PastSource source, Runner runner) {
    this.wish = wish;
    this.source = source;
    this.runner = runner;
  }

  /**
   * Runs days, the first ones first.
   *
   * @param days null stands for all of time
   * @return what became of each
   * @throws IllegalStateException if somebody else is at one of them, with a message for the user
   */
  public List<Outcome> run(List<@Nullable LocalDate> days, Listener listener) throws SQLException {
    try (RepairLocks locks = RepairLocks.open(wish.database(), wish.pipeline().name())) {
      locks.take(days);
      return runAll(days, listener);
    } catch (RepairLocks.TakenException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private List<Outcome> runAll(List<@Nullable LocalDate> days, Listener listener) {
    ExecutorService threads = Executors.newFixedThreadPool(wish.maxActive());
    try {
      List<Future<Outcome>> running = new ArrayList<>();
      for (LocalDate day : days) {
        running.add(threads.submit(() -> run(day, listener)));
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Future<Outcome> each : running) {
        outcomes.add(each.get());
      }
      return outcomes;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private Outcome run(@Nullable LocalDate day, Listener listener) {
    Outcome outcome;
    try {
      Optional<Run> done = settleEarlier(day);
      outcome =
          done.isPresent()
              ? new Outcome(day, done.get().number(), true, 0, null)
              : runAnew(day, listener);
    } catch (SQLException | RuntimeException e) {
      outcome = new Outcome(day, 0, false, 0, e);
    }
    listener.ended(outcome);
    return outcome;
  }

  /** Cleans up after an earlier run of the day; returns it if it is as good as a new one. */
  private Optional<Run> settleEarlier(@Nullable LocalDate day) throws SQLException {
    try (Connection connection = wish.database().connect()) {
      Optional<Run> last = Run.last(connection, wish.pipeline().name(), wish.kind(), day);
      if (last.isEmpty()) {
        return last;
      }
      Run earlier = last.get();
      if (Run.RUNNING.equals(earlier.state())) {
        end(connection, earlier.number(), Run.FAILED, null); // It was killed: we have its lock.
      } else if (Run.DONE.equals(earlier.state())) {
        if (!wish.again() && earlier.source().equals(source.extent(rangeOf(day)).text())) {
          return last;
        }
        if (!wish.direct()) {
          end(connection, earlier.number(), Run.DISCARDED, null);
        }
      }
      return Optional.empty();
    }
  }

  private void end(Connection connection, long run, String state, @Nullable Long records)
      throws SQLException {
    if (!wish.direct() && !state.equals(Run.DONE)) {
      Shadow.drop(connection, TablePlace.shadowOf(run));
    }
    Runs.end(connection, run, state, records);
  }

  private Outcome runAnew(@Nullable LocalDate day, Listener listener) throws SQLException {
    PastSource.Extent extent = source.extent(rangeOf(day));
    Runs.Repair repair =
        new Runs.Repair(
            wish.pipeline().name(),
            extent.text(),
            wish.kind(),
            day,
            wish.who(),
            wish.reason(),
            extent.readFrom(),
            extent.readTo());
    Run run;
    try (Connection connection = wish.database().connect()) {
      // Before the source says where it ends: what the live run writes from here on is newer.
      long number = Runs.beginRepair(connection, repair, wish.pipeline().tables().tables());
      run = Run.of(connection, number).orElseThrow();
    }
    Exception failure = null;
    try {
      runGraph(run, listener);
    } catch (SQLException | RuntimeException e) {
      failure = e;
    }
    try (Connection connection = wish.database().connect()) {
      if (failure == null) {
        failure =
            Balance.problem(connection, wish.pipeline().name(), run.number())
                .map(IllegalStateException::new)
                .orElse(null);
      }
      long records = Balance.read(connection, wish.pipeline().name(), run.number());
      end(connection, run.number(), failure == null ? Run.DONE : Run.FAILED, records);
      return new Outcome(day, run.number(), false, records, failure);
    }
  }

  private static TimeRange rangeOf(@Nullable LocalDate day) {
    return day == null ? TimeRange.ALWAYS : TimeRange.of(day);
  }

  private void runGraph(Run run, Listener listener) throws SQLException {
    Scope scope =
        run.day() == null ? Scope.ALL : Scope.startingIn(run.range(), wish.pipeline().reach());
    PTransform<PBegin, PCollection<Batch<RawRecord>>> records = source.open(run.range());
    if (source.isLog()) {
      records =
          CompletedSource.of(
              records,
              wish.database(),
              wish.pipeline().name(),
              scope.records(),
              run.number(),
              wish.eventTime());
    }
    RepairedPipeline.Parts parts =
        new RepairedPipeline.Parts(
            records,
            false,
            wish.eventTime(),
            wish.database(),
            run.number(),
            wish.version(),
            run.place(),
            scope,
            wish.admission());
    int code = runner.run(graph -> wish.pipeline().build(graph, parts), new Reading(listener));
    if (code != 0) {
      throw new IllegalStateException("the job has not come to its end");
    }
  }

  /** Tells how many records more were read since the last time. */
  private static final class Reading implements Told {
    private final Listener listener;
    private long told;

    Reading(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void line(String text) {}

    @Override
    public void counts(Map<String, Long> counts) {
      long read = counts.getOrDefault("read", told);
      listener.read(read - told);
      told = read;
    }
  }
}
