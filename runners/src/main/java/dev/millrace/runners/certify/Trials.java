package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.KeptRecords;
import dev.millrace.io.jdbc.Migrations;
import dev.millrace.io.jdbc.Runs;
import dev.millrace.io.kafka.GroupLag;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.LogPosition;
import dev.millrace.runners.launch.FlinkJobs;
import dev.millrace.runners.launch.FlinkTarget;
import dev.millrace.runners.launch.Launch;
import dev.millrace.runners.launch.Told;
import dev.millrace.runners.repair.PastSource;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.runners.repair.Replay;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.kafka.common.KafkaException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Runs a pipeline over the same records in several ways. */
final class Trials {
  private static final int PARALLELISM = 2;
  private static final int FAILURES = 3;

  /** Records that come later see the watermark of those before. */
  private static final int PARTS = 4;

  /** A failure comes at one of the first so many elements of its place. */
  private static final int FIRST = 5;

  private static final Duration CHECKPOINTS = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final long POLL_MILLIS = 100;
  private static final int POLLS_PER_LOOK = 20;

  /** A JobManager that comes back doesn't know its jobs at once. */
  private static final int LOOKS = 10;

  private final Subject subject;
  private final Deliveries deliveries;
  private final long seed;
  private final Site site;

  Trials(Subject subject, Deliveries deliveries, long seed, Site site) {
    this.subject = subject;
    this.deliveries = deliveries;
    this.seed = seed;
    this.site = site;
  }

  /** A bounded run over all that a stream has read, on DirectRunner. */
  Trial direct(String name, Trial stream, FaultInjector faults) throws SQLException {
    Launch launch = Launch.direct(subject.name(), PARALLELISM, List.of());
    return bounded(name, "bounded, DirectRunner", stream, fresh(name), PARALLELISM, launch, faults);
  }

  /** The same on Flink. */
  Trial flink(String name, Trial stream) throws SQLException {
    return bounded(name, "bounded, Flink", stream, fresh(name), 0, onFlink(), FaultInjector.none());
  }

  /** What came too late for a stream, reconciled with its tables as the user does it. */
  Trial reconciled(String name, Trial stream) throws SQLException {
    String what = stream.name() + " with its late records, reconciled";
    Instant begin = begin(name, what);
    RepairedPipeline pipeline = RepairedPipeline.of(subject.name()).orElseThrow();
    Replay.Outcome outcome =
        new Replay(
                new Replay.Wish(
                    pipeline,
                    stream.database(),
                    KeptRecords.LATE_RECORDS,
                    KeptRecords.Filter.open(subject.name()),
                    Subject.EVENT_TIME,
                    pipeline.admission(),
                    null,
                    1,
                    false,
                    site.version(),
                    "certify",
                    null),
                new WholeTopic(topic(stream.topic())),
                (graph, told) -> onFlink().run(graph, () -> "", told))
            .run();
    System.out.printf("%8.1f s  %,d late records merged%n", seconds(begin), outcome.done());
    if (outcome.waiting() > 0) {
      throw new IllegalStateException(
          "%,d late records belong to windows that are open".formatted(outcome.waiting()));
    }
    return new Trial(
        name,
        what,
        stream.topic(),
        stream.late(),
        stream.database(),
        false,
        stream.run(),
        Duration.between(begin, Instant.now()),
        List.of(),
        0);
  }

  /** All of a topic. */
  private record WholeTopic(KafkaTopic topic) implements PastSource {
    @Override
    public Extent extent(TimeRange range) {
      return new Extent("topic " + topic.name(), null, null);
    }

    @Override
    public PTransform<PBegin, PCollection<Batch<RawRecord>>> open(TimeRange range) {
      return KafkaRecords.range(
          topic, Subject.EVENT_TIME, LogPosition.earliest(), LogPosition.latest());
    }

    @Override
    public @Nullable String lacks(TimeRange range) {
      return null;
    }

    @Override
    public boolean isLog() {
      return true;
    }
  }

  private Trial bounded(
      String name,
      String what,
      Trial stream,
      Database database,
      int shards,
      Launch launch,
      FaultInjector faults)
      throws SQLException {
    Instant begin = begin(name, what);
    long run = Runs.begin(database, subject.name(), what, false);
    PTransform<PBegin, PCollection<Batch<RawRecord>>> source =
        KafkaRecords.range(
            topic(stream.topic()),
            Subject.EVENT_TIME,
            LogPosition.earliest(),
            LogPosition.latest());
    Wiring wiring = new Wiring(database, run, site.version(), stream.late(), shards, false, faults);
    if (launch.run(pipeline -> subject.build(pipeline, source, wiring), () -> "", Told.PRINTED)
        != 0) {
      throw new IllegalStateException("trial " + name + " (" + what + ") did not end well");
    }
    return new Trial(
        name,
        what,
        stream.topic(),
        stream.late(),
        database,
        !database.equals(stream.database()),
        run,
        Duration.between(begin, Instant.now()),
        List.of(),
        0);
  }

  private Launch onFlink() {
    return onFlink(false, List.of());
  }

  private Launch onFlink(boolean detach, List<String> options) {
    FlinkTarget target =
        new FlinkTarget(site.flinkMaster(), site.jobJars(), CHECKPOINTS, null, detach);
    return Launch.flink(subject.name(), PARALLELISM, target, options);
  }

  /** A stream that is made to fail while the records are being sent, and drained in the end. */
  Trial stream(String name, LatePolicy late) throws SQLException {
    ForcedFailures failures = new ForcedFailures(topicName(name));
    SplittableRandom random = new SplittableRandom(seed);
    List<Runnable> steps = new ArrayList<>();
    // What is restored must be there: a checkpoint comes before each failure.
    steps.add(() -> {});
    for (int i = 0; i < FAILURES; i++) {
      String place = subject.places().get(random.nextInt(subject.places().size()));
      int element = 1 + random.nextInt(FIRST);
      steps.add(() -> failures.arm(place, element));
      // Too few have passed that place: any record will do.
      steps.add(() -> failures.hasten());
    }
    Trial ended =
        stream(name, "stream, Flink, failing " + FAILURES + " times", late, failures, steps);
    if (failures.thrown().size() != FAILURES || ended.restores() < FAILURES) {
      throw new IllegalStateException(
          "the stream was to fail %d times and go on, and failed at %s and went on %d times"
              .formatted(FAILURES, failures.thrown(), ended.restores()));
    }
    return ended;
  }

  /** A stream without failures. */
  Trial undisturbed(String name, LatePolicy late, FaultInjector faults) throws SQLException {
    return stream(name, "stream, Flink", late, faults, Collections.nCopies(PARTS, () -> {}));
  }

  /** A stream to which something happens while each of its parts is being sent. */
  Trial disturbed(String name, LatePolicy late, List<Runnable> steps) throws SQLException {
    return stream(name, "stream, Flink, disturbed", late, FaultInjector.none(), steps);
  }

  /** Does each step, then sends a part of the records, and waits until a checkpoint has it. */
  private Trial stream(
      String name, String what, LatePolicy late, FaultInjector faults, List<Runnable> steps)
      throws SQLException {
    Instant begin = begin(name, what);
    Database database = fresh(name);
    long run = Runs.begin(database, subject.name(), what, false);
    KafkaTopic topic = topic(topicName(name));
    if (!topic.create(Deliveries.PARTITIONS)) {
      throw new IllegalStateException(
          "topic " + topic.name() + " is there already: another certificate has left it");
    }
    Wiring wiring = new Wiring(database, run, site.version(), late, 0, true, faults);
    String job = topic.name();
    PTransform<PBegin, PCollection<Batch<RawRecord>>> source =
        KafkaRecords.live(topic, Subject.EVENT_TIME).withOutOfOrderness(subject.outOfOrderness());
    onFlink(true, List.of("--jobName=" + job))
        .run(pipeline -> subject.build(pipeline, source, wiring), () -> "", Told.PRINTED);
    int parts = steps.size();
    for (int part = 0; part < parts; part++) {
      steps.get(part).run();
      int start = (int) ((long) deliveries.size() * part / parts);
      int end = (int) ((long) deliveries.size() * (part + 1) / parts);
      deliveries.send(site.bootstrapServers(), topic.name(), start, end);
      awaitCaughtUp(topic, job);
      System.out.printf(
          "%8.1f s  %,d of %,d records are in a checkpoint%n",
          seconds(begin), end, deliveries.size());
    }
    long restores = FlinkJobs.restores(site.flinkMaster(), job);
    FlinkJobs.stop(site.flinkMaster(), job, true);
    return new Trial(
        name,
        what,
        topic.name(),
        late,
        database,
        true,
        run,
        Duration.between(begin, Instant.now()),
        faults instanceof ForcedFailures forced ? forced.thrown() : List.of(),
        restores);
  }

  /** Waits until a checkpoint of the job holds all that the topic does. */
  private void awaitCaughtUp(KafkaTopic topic, String job) {
    Instant deadline = Instant.now().plus(PATIENCE);
    try (GroupLag lag = new GroupLag(topic)) {
      int missing = 0;
      for (int poll = 1; isBehind(lag); poll++) {
        if (Instant.now().isAfter(deadline)) {
          throw new IllegalStateException(
              "the stream is still behind after " + PATIENCE.toMinutes() + " minutes");
        }
        if (poll % POLLS_PER_LOOK == 0) {
          missing = isGone(job) ? missing + 1 : 0;
        }
        if (missing == LOOKS) {
          throw new IllegalStateException(
              "the stream has ended by itself: " + FlinkJobs.failure(site.flinkMaster(), job));
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private boolean isGone(String job) {
    try {
      return !FlinkJobs.running(site.flinkMaster()).contains(job);
    } catch (IllegalStateException e) {
      return false; // Between two leaders nobody answers; one comes, or the deadline passes.
    }
  }

  private static boolean isBehind(GroupLag lag) {
    try {
      return lag.records() > 0;
    } catch (KafkaException e) {
      return true; // A broker that is away comes back, or the deadline passes.
    }
  }

  private static Instant begin(String name, String what) {
    System.out.println();
    System.out.println("--- " + name + ": " + what);
    return Instant.now();
  }

  private static double seconds(Instant begin) {
    return Duration.between(begin, Instant.now()).toMillis() / 1000.0;
  }

  private Database fresh(String trial) {
    Database database = site.databases().apply(topicName(trial).replace('-', '_'));
    Migrations.apply(database);
    return database;
  }

  private String topicName(String trial) {
    return "certify-%s-%d-%s".formatted(subject.name(), seed, trial.toLowerCase(Locale.ROOT));
  }

  private KafkaTopic topic(String name) {
    return new KafkaTopic(site.bootstrapServers(), name, "millrace-" + name, Map.of());
  }
}
