package dev.millrace.runners.certify;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.runners.feed.Feed;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.local.KafkaBroker;
import dev.millrace.runners.local.LocalStack;
import dev.millrace.runners.local.PostgresServer;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Topics;
import dev.millrace.transforms.admission.LatePolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Processes killed under a stream, which ones and when from the seed: nothing is lost, nothing
 * counts twice. Leaves a table of its results in {@code target/kill-runs.md}.
 */
@Tag("kills")
class KillRunsIT {
  private static final Path RESULTS =
      Installation.current().root().resolve("runners/target/kill-runs.md");
  private static final ScheduledExecutorService KILLER =
      Executors.newSingleThreadScheduledExecutor();
  private static final int EVENTS = 10_000;
  private static final int KILLS = 3;
  private static final int LATEST_MILLIS = 2_000;
  private static final long OUTAGE_MILLIS = 60_000;

  /** What is killed. */
  private enum Victim {
    TASK_MANAGER,
    JOB_MANAGER,
    ZOOKEEPER,
    KAFKA,
    POSTGRESQL;

    /** Kills it without warning; what nothing else starts again is started again. */
    void kill(LocalStack stack) throws IOException {
      switch (this) {
        case TASK_MANAGER -> stack.flink().killTaskManager();
        case JOB_MANAGER -> stack.flink().killJobManager();
        case ZOOKEEPER -> stack.flink().killZooKeeper();
        case KAFKA -> {
          KafkaBroker kafka = stack.kafka();
          kafka.kill();
          kafka.start();
        }
        case POSTGRESQL -> {
          PostgresServer postgres = stack.postgres();
          postgres.kill();
          postgres.start();
        }
      }
    }

    String words() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  @BeforeAll
  static void startTable() throws IOException {
    Files.write(
        RESULTS,
        List.of(
            "| seed | pipeline, late records | killed, ms after records began to come | records | only in the batch | only in the stream | differences in the accounts | s |",
            "|---|---|---|---|---|---|---|---|"));
  }

  @AfterAll
  static void stopKiller() {
    KILLER.shutdown();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void killedProcessesLoseAndDoubleNothing(long seed) throws SQLException {
    LocalStack stack = SharedStack.get();
    SplittableRandom random = new SplittableRandom(seed);
    List<String> killed = new ArrayList<>();
    List<Future<?>> kills = new ArrayList<>();
    List<Runnable> steps = new ArrayList<>();
    steps.add(() -> {});
    for (int i = 0; i < KILLS; i++) {
      Victim victim = Victim.values()[random.nextInt(Victim.values().length)];
      int millis = random.nextInt(LATEST_MILLIS);
      killed.add(victim.words() + " " + millis);
      steps.add(() -> kills.add(inTurn(() -> victim.kill(stack), millis)));
    }
    steps.add(() -> await(kills));

    assertNothingLostOrDoubled(seed, String.join(", ", killed), steps);
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22})
  void databaseThatIsAwayForAMinuteCostsNothing(long seed) throws SQLException {
    PostgresServer postgres = SharedStack.get().postgres();
    List<Future<?>> back = new ArrayList<>();
    List<Runnable> steps =
        List.of(
            () -> {},
            () -> {
              back.add(inTurn(postgres::kill, 0));
              back.add(inTurn(postgres::start, OUTAGE_MILLIS));
            },
            () -> await(back),
            () -> {});

    assertNothingLostOrDoubled(seed, "postgresql, for a minute", steps);
  }

  private static void assertNothingLostOrDoubled(long seed, String killed, List<Runnable> steps)
      throws SQLException {
    Subject subject = Subject.ALL.get((int) (seed % Subject.ALL.size()));
    LatePolicy late = subject.latePolicies().get((int) (seed / 2 % subject.latePolicies().size()));
    Deliveries deliveries = Deliveries.of(subject, EVENTS, seed);
    LocalStack stack = SharedStack.get();
    Installation installation = Installation.current();
    Trials trials =
        new Trials(
            subject,
            deliveries,
            seed,
            new Site(
                stack.kafka().address(),
                stack.postgres()::freshDatabase,
                stack.flink().address(),
                List.of(installation.thinJobJar(), installation.commandJar()),
                "kills"));

    Trial stream = trials.disturbed("kills", late, steps);
    int records = Topics.readAll(stream.topic()).size();
    Comparison comparison = new Comparison(subject, sent(deliveries, records));
    Trial direct = trials.direct("batch", stream, FaultInjector.none());

    List<Finding> findings = new ArrayList<>(compare(comparison, direct, stream));
    Finding accounts = comparison.accounts(stream);
    findings.add(accounts);
    note(seed, subject, late, killed, records, findings, accounts, stream);
    for (Finding each : findings) {
      assertThat(each.about(), each.differences(), is(Collections.emptyList()));
    }
  }

  /** A producer whose broker is killed sends again what it has no answer for. */
  private static Feed.Sent sent(Deliveries deliveries, int records) {
    Feed.Sent counts = deliveries.counts();
    return new Feed.Sent(
        counts.originals(),
        counts.late(),
        counts.duplicates() + records - deliveries.size(),
        counts.malformed(),
        counts.conflicting());
  }

  private static List<Finding> compare(Comparison comparison, Trial direct, Trial stream)
      throws SQLException {
    return stream.late() == LatePolicy.APPLY
        ? comparison.whole(direct, stream)
        : comparison.withLate(direct, stream);
  }

  private interface Fault {
    void happen() throws IOException;
  }

  /** One fault after the other, however soon they come. */
  private static Future<?> inTurn(Fault fault, long millis) {
    return KILLER.schedule(
        () -> {
          fault.happen();
          return fault;
        },
        millis,
        TimeUnit.MILLISECONDS);
  }

  private static void await(List<Future<?>> kills) {
    try {
      for (Future<?> each : kills) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void note(
      long seed,
      Subject subject,
      LatePolicy late,
      String killed,
      int records,
      List<Finding> findings,
      Finding accounts,
      Trial stream) {
    try {
      Files.write(
          RESULTS,
          List.of(
              "| %d | %s, %s | %s | %,d | %d | %d | %d | %d |"
                  .formatted(
                      seed,
                      subject.name(),
                      late.toString().toLowerCase(Locale.ROOT).replace('_', ' '),
                      killed,
                      records,
                      differences("only in batch", findings),
                      differences("only in kills", findings),
                      accounts.differences().size(),
                      stream.took().toSeconds())),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long differences(String where, List<Finding> findings) {
    return findings.stream()
        .flatMap(each -> each.differences().stream())
        .filter(each -> each.startsWith(where))
        .count();
  }
}
