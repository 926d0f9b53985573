package dev.millrace.runners.repair;

import dev.millrace.io.jdbc.Balance;
import dev.millrace.io.jdbc.DailyTable;
import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.KeptRecords;
import dev.millrace.io.jdbc.LetterReplay;
import dev.millrace.io.jdbc.Run;
import dev.millrace.io.jdbc.Runs;
import dev.millrace.io.jdbc.Shadow;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.runners.launch.Told;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.deadletter.RecordFix;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import dev.millrace.transforms.window.Scope;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Sends records that didn't reach the tables through their pipeline once more: dead letters, and
 * records that came too late. A bounded run of the same graph; where the tables hold records it
 * reads those alone, and where they hold windows, it makes the windows anew that the records belong
 * to, from the log. Windows that are still open are left for later: a live run would write them.
 */
public final class Replay {
  /** At most so many records are tried at once. */
  public static final int MOST = 100_000;

  private final Wish wish;
  private final @Nullable PastSource log;
  private final Backfill.Runner runner;

  /**
   * What is wanted.
   *
   * @param kept dead letters or late records
   * @param admission which events count
   * @param fix what is changed in each record; null for nothing
   * @param maxAttempts a dead letter that has failed so often is parked
   * @param dryRun whether nothing is to change
   * @param version noted in dead letters
   */
  public record Wish(
      RepairedPipeline pipeline,
      Database database,
      KeptRecords kept,
      KeptRecords.Filter filter,
      EventTime eventTime,
      AdmissionRule admission,
      @Nullable RecordFix fix,
      int maxAttempts,
      boolean dryRun,
      String version,
      String who,
      @Nullable String reason) {}

  /**
   * What became of the records.
   *
   * @param runs the numbers of the runs; none, if there was nothing to do
   * @param done records that are in the tables now, or would be
   * @param failed dead letters that failed once more, or would
   * @param parked dead letters that have failed too often
   * @param waiting records of windows that are still open
   * @param failures of a dry run, how many would fail, by error class and with an example
   */
  public record Outcome(
      List<Long> runs,
      long done,
      long failed,
      long parked,
      long waiting,
      Map<String, Long> failures) {}

  /**
   * A replay, to be {@link #run}.
   *
   * @param log where the other records of the windows are; null if none are needed
   */
  public Replay(Wish wish, @Nullable PastSource log, Backfill.Runner runner) {
    this.wish = wish;
    this.log = log;
    this.runner = runner;
  }

  /**
   * Runs it.
   *
   * @throws IllegalStateException if somebody else is at it, or it failed, with a message for the
   *     user
   */
  public Outcome run() throws SQLException {
    try (RepairLocks locks = RepairLocks.open(wish.database(), wish.pipeline().name());
        Connection connection = wish.database().connect()) {
      locks.take(wish.kept() == KeptRecords.DEAD_LETTERS ? "dead letters" : "late records");
      List<KeptRecords.Kept> found =
          wish.kept().find(connection, wish.filter(), wish.eventTime(), wish.fix(), MOST);
      Map<LocalDate, List<KeptRecords.Kept>> parts = new TreeMap<>();
      long waiting = 0;
      Map<Long, Boolean> open = new HashMap<>();
      for (KeptRecords.Kept each : found) {
        if (wish.pipeline().rerunsWindows() && isOpen(connection, each.millis(), open)) {
          waiting++;
        } else {
          parts.computeIfAbsent(partOf(each), day -> new ArrayList<>()).add(each);
        }
      }
      Outcome sum = new Outcome(new ArrayList<>(), 0, 0, 0, waiting, new TreeMap<>());
      for (Map.Entry<LocalDate, List<KeptRecords.Kept>> part : parts.entrySet()) {
        locks.take(List.of(part.getKey()));
        sum = plus(sum, run(connection, part.getKey(), part.getValue()));
      }
      return sum;
    } catch (RepairLocks.TakenException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /** Windows are made anew day by day; what needs no windows goes at once. */
  private LocalDate partOf(KeptRecords.Kept kept) {
    return wish.pipeline().rerunsWindows()
        ? LocalDate.ofInstant(Instant.ofEpochMilli(kept.millis()), ZoneOffset.UTC)
        : LocalDate.EPOCH;
  }

  private boolean isOpen(Connection connection, long millis, Map<Long, Boolean> known)
      throws SQLException {
    long window = wish.admission().window().getMillis();
    long start = millis - Math.floorMod(millis, window);
    Boolean open = known.get(start);
    if (open == null) {
      // A sliding window, or a session, may begin a window before, and end one after.
      open =
          Balance.isOpen(
              connection,
              wish.pipeline().name(),
              Instant.ofEpochMilli(start - window),
              Instant.ofEpochMilli(start + 2 * window));
      known.put(start, open);
    }
    return open;
  }

  private static Outcome plus(Outcome one, Outcome other) {
    one.runs().addAll(other.runs());
    other.failures().forEach((reason, count) -> one.failures().merge(reason, count, Long::sum));
    return new Outcome(
        one.runs(),
        one.done() + other.done(),
        one.failed() + other.failed(),
        one.parked() + other.parked(),
        one.waiting() + other.waiting(),
        one.failures());
  }

  private Outcome run(Connection connection, LocalDate day, List<KeptRecords.Kept> chosen)
      throws SQLException {
    boolean windows = wish.pipeline().rerunsWindows();
    boolean letters = wish.kept() == KeptRecords.DEAD_LETTERS;
    String source =
        "%,d %s%s"
            .formatted(
                chosen.size(),
                letters ? "dead letters" : "late records",
                windows ? " and the windows that they belong to" : "");
    Runs.Repair repair =
        new Runs.Repair(
            wish.pipeline().name(),
            source,
            letters ? Run.REPLAY : Run.RECONCILE,
            windows ? day : null,
            wish.who(),
            wish.dryRun() ? "dry run" : wish.reason(),
            null,
            null);
    long run = Runs.beginRepair(connection, repair, List.of());
    TablePlace place = wish.dryRun() ? TablePlace.shadowOf(run) : TablePlace.LIVE;
    place = place.withDeadLettersOf(run);
    try {
      LetterReplay.begin(connection, place, wish.dryRun() ? tables() : List.of());
      wish.kept().choose(connection, letters(chosen), run, wish.fix());
      runGraph(run, place, chosen);
      Balance.problem(connection, wish.pipeline().name(), run)
          .ifPresent(
              problem -> {
                throw new IllegalStateException(problem);
              });
      return wish.dryRun()
          ? told(connection, run, place, chosen.size())
          : settled(connection, run, place);
    } catch (SQLException | RuntimeException e) {
      Shadow.drop(connection, TablePlace.shadowOf(run));
      wish.kept().release(connection, run);
      Runs.end(connection, run, Run.FAILED, null);
      throw e;
    }
  }

  private List<DailyTable> tables() {
    return wish.pipeline().tables().tables();
  }

  private static List<Long> letters(List<KeptRecords.Kept> chosen) {
    return chosen.stream().map(KeptRecords.Kept::letter).toList();
  }

  private void runGraph(long run, TablePlace place, List<KeptRecords.Kept> chosen)
      throws SQLException {
    Scope scope = Scope.ALL;
    PTransform<PBegin, PCollection<Batch<RawRecord>>> records;
    if (wish.pipeline().rerunsWindows()) {
      List<Instant> times =
          chosen.stream().map(each -> Instant.ofEpochMilli(each.millis())).toList();
      scope = Scope.holding(times, wish.pipeline().reach());
      records =
          CompletedSource.of(
              log.open(span(chosen)),
              wish.database(),
              wish.pipeline().name(),
              scope.records(),
              run,
              wish.eventTime());
    } else {
      records = wish.kept().read(wish.database(), KeptRecords.chosenFor(run), wish.eventTime());
    }
    RepairedPipeline.Parts parts =
        new RepairedPipeline.Parts(
            records,
            !wish.pipeline().rerunsWindows(),
            wish.eventTime(),
            wish.database(),
            run,
            wish.version(),
            place,
            scope,
            wish.admission());
    int code = runner.run(graph -> wish.pipeline().build(graph, parts), (Told) line -> {});
    if (code != 0) {
      throw new IllegalStateException("the job has not come to its end");
    }
  }

  private static TimeRange span(List<KeptRecords.Kept> chosen) {
    long first = chosen.stream().mapToLong(KeptRecords.Kept::millis).min().orElseThrow();
    long last = chosen.stream().mapToLong(KeptRecords.Kept::millis).max().orElseThrow();
    return new TimeRange(first, last + 1);
  }

  private Outcome settled(Connection connection, long run, TablePlace place) throws SQLException {
    long read = Balance.read(connection, wish.pipeline().name(), run);
    if (wish.kept() == KeptRecords.DEAD_LETTERS) {
      LetterReplay.Settled settled =
          LetterReplay.settle(
              connection, run, place, wish.maxAttempts(), wish.who(), wish.reason(), read);
      return new Outcome(
          List.of(run), settled.replayed(), settled.failed(), settled.parked(), 0, Map.of());
    }
    long done = LetterReplay.reconcile(connection, run, place, wish.who(), wish.reason(), read);
    return new Outcome(List.of(run), done, 0, 0, 0, Map.of());
  }

  private Outcome told(Connection connection, long run, TablePlace place, long chosen)
      throws SQLException {
    Map<String, Long> failures = LetterReplay.failures(connection, run, place);
    long failed = failures.values().stream().mapToLong(Long::longValue).sum();
    wish.kept().release(connection, run);
    Shadow.drop(connection, TablePlace.shadowOf(run));
    Runs.end(connection, run, Run.DISCARDED, null);
    return new Outcome(List.of(run), chosen - failed, failed, 0, 0, failures);
  }
}
