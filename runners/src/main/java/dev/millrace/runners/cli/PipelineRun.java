package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Balance;
import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.Runs;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.runners.launch.Launch;
import dev.millrace.runners.launch.Told;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** What every pipeline is run with: a source, a database, a runner. */
final class PipelineRun {
  private static final String NO_CHECKPOINTS =
      "DirectRunner has no checkpoints: after a failure, or Ctrl-C, a stream begins anew, and what"
          + " was on its way to ops.dead_letters, ops.late_records and ops.ledger may be missing"
          + " there. Use --runner=FlinkRunner for more than a try.";

  static final RequiredTable RUNS = new RequiredTable("ops", "runs", List.of("run"));

  @Mixin private SourceOptions source;
  @Mixin private DatabaseOptions database;
  @Mixin private RunnerOptions runner;

  /**
   * What a graph is built with.
   *
   * @param isLive whether somebody may look at results before the end
   */
  record Parts(
      PTransform<PBegin, PCollection<Batch<RawRecord>>> records,
      boolean isLive,
      EventTime eventTime,
      Database database,
      long run) {}

  /**
   * What a pipeline is.
   *
   * @param name of the pipeline
   * @param outOfOrderness of a live topic, if the user doesn't say
   * @param countsInState whether its results are gathered over time, so that a stream that begins
   *     anew in the middle of a topic has less in them than there was
   * @param datesByRecord whether it asks for the records' own timestamps, whatever is in them
   * @param tables that it writes
   */
  record Traits(
      String name,
      Duration outOfOrderness,
      boolean countsInState,
      boolean datesByRecord,
      List<RequiredTable> tables) {}

  /** Adds a pipeline's graph. */
  interface Graph {
    void build(Pipeline pipeline, Parts parts);
  }

  /**
   * Checks everything, then runs the graph.
   *
   * @param found mistakes of the pipeline's own options
   * @return the exit code
   */
  int call(CommandSpec spec, Traits traits, List<String> found, Graph graph) {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsing(spec));
    mistakes.addAll(found);
    EventTime eventTime =
        traits.datesByRecord() ? EventTime.ofRecord() : source.eventTime(mistakes);
    Source chosen =
        source.source(
            traits.name(),
            eventTime,
            traits.outOfOrderness(),
            traits.countsInState() && !runner.goesOn(),
            mistakes);
    Database target = database.database(mistakes);
    Launch launch =
        runner.launch(traits.name(), spec.commandLine().getParseResult().unmatched(), mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    List<RequiredTable> required = new ArrayList<>(traits.tables());
    required.add(RUNS);
    Databases.check(target, required);
    launch
        .unreachable()
        .ifPresent(
            reason -> {
              throw new FailedException(List.of(reason));
            });
    PTransform<PBegin, PCollection<Batch<RawRecord>>> records = chosen.open().get();
    long run = begin(target, traits.name(), chosen.subject());
    System.out.println("Reading " + chosen.description());
    System.out.println(
        "Writing "
            + target.url()
            + Addresses.note(target.url())
            + (runner.goesOn() ? ", going on with run " : ", run ")
            + run);
    if (chosen.isLive() && runner.isDirect()) {
      System.out.println(NO_CHECKPOINTS);
    }
    Parts parts = new Parts(records, chosen.isLive(), eventTime, target, run);
    int code =
        launch.run(pipeline -> graph.build(pipeline, parts), chosen.progress(), Told.PRINTED);
    if (code == 0 && !chosen.isLive() && !runner.isDetached()) {
      checkBalance(target, traits.name(), run);
    }
    return code;
  }

  /** A batch has nothing on its way any more. */
  private static void checkBalance(Database target, String name, long run) {
    try (Connection connection = target.connect()) {
      Balance.problem(connection, name, run)
          .ifPresent(
              problem -> {
                throw new FailedException(List.of(problem));
              });
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  /** Whether the graph runs on DirectRunner. */
  boolean isDirect() {
    return runner.isDirect();
  }

  /** The rule as it fits the runner. */
  AdmissionRule fitted(AdmissionRule rule) {
    return runner.fitted(rule);
  }

  /** The topic that is read; null if none is given. */
  @Nullable String topicName() {
    return source.topicName();
  }

  /** Whether the source never ends. */
  boolean isLive() {
    return source.isLive();
  }

  /** A topic to write to, at the source's brokers; null if they can't be known. */
  @Nullable KafkaTopic topic(String name, String pipeline, List<String> mistakes) {
    return source.topic(name, pipeline, mistakes);
  }

  private long begin(Database target, String name, String subject) {
    try {
      return Runs.begin(target, name, subject, runner.goesOn());
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }
}
