package dev.millrace.benchmarks;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.LogPosition;
import dev.millrace.pipelines.orders.Order;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.pipelines.traffic.Output;
import dev.millrace.pipelines.traffic.SessionStats;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.pipelines.traffic.TrafficSinks;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import dev.millrace.transforms.window.Scope;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.WindowResult;
import java.io.Serializable;
import java.util.Set;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/** The product's pipelines with everything on. */
final class OurJobs {
  private OurJobs() {}

  /**
   * Starts a job.
   *
   * @param database where orders go; null to keep nothing of them
   */
  static RunningJob start(Job job, KafkaTopic topic, int parallelism, @Nullable Database database) {
    if (job.isTraffic()) {
      return startTraffic(job, read(topic, TrafficPipeline.OUT_OF_ORDERNESS), parallelism);
    }
    Pipeline pipeline = pipeline(job, parallelism);
    OrdersPipeline.build(
        pipeline,
        read(topic, Duration.standardMinutes(1)),
        JobTopic.EVENT_TIME,
        database == null
            ? discarding()
            : OrdersPipeline.Sinks.postgres(database, 1, "benchmark", TablePlace.LIVE),
        OrdersPipeline.ADMISSION,
        TimeRange.ALWAYS);
    return BeamJobs.start(pipeline);
  }

  /** Starts the traffic pipeline over any source. */
  static RunningJob startTraffic(
      Job job, PTransform<PBegin, PCollection<Batch<RawRecord>>> source, int parallelism) {
    Pipeline pipeline = pipeline(job, parallelism);
    TrafficPipeline.build(
        pipeline,
        source,
        new TrafficSinks(
            new Told<>(each -> tell(Rows.FIVE_MINUTES, each)),
            new Told<>(each -> tell(Rows.SLIDING, each)),
            new Told<>(OurJobs::tellSession),
            new Discard<>(),
            new Discard<>(),
            new Discard<>(),
            null),
        new TrafficPipeline.Wish(
            JobTopic.EVENT_TIME,
            job == Job.TRAFFIC ? Set.of(Output.FIVE_MINUTES) : Set.of(Output.values()),
            TrafficPipeline.ADMISSION,
            null,
            Scope.ALL));
    return BeamJobs.start(pipeline);
  }

  private static Pipeline pipeline(Job job, int parallelism) {
    return BeamJobs.pipeline(Contender.OURS + "-" + job, parallelism, false, true);
  }

  private static PTransform<PBegin, PCollection<Batch<RawRecord>>> read(
      KafkaTopic topic, Duration outOfOrderness) {
    LogPosition.earliest().place(topic);
    return KafkaRecords.live(topic, JobTopic.EVENT_TIME).withOutOfOrderness(outOfOrderness);
  }

  private static OrdersPipeline.Sinks discarding() {
    return new OrdersPipeline.Sinks(
        new Told<Order>(order -> Rows.order(order.eventId(), order.amount())),
        new Told<Long>(day -> {}),
        new Discard<>(),
        new Discard<>(),
        new Discard<>());
  }

  private static void tellSession(WindowResult<SessionStats> result) {
    if (result.isFinal()) {
      Rows.session(
          result.key(),
          result.start().toEpochMilli(),
          result.end().toEpochMilli(),
          result.aggregate().events(),
          result.aggregate().pages().size());
    }
  }

  private static void tell(String output, WindowResult<ValueStats> result) {
    ValueStats stats = result.aggregate();
    Rows.window(
        output,
        result.key(),
        result.start().toEpochMilli(),
        stats.count(),
        stats.sum(),
        stats.min(),
        stats.max());
  }

  /** What is told of each row. */
  private interface Teller<T> extends Serializable {
    void tell(T element);
  }

  /** A sink that refuses nothing. */
  private static final class Told<T>
      extends PTransform<PCollection<T>, WithFailures.Result<PCollection<T>, DeadLetter>> {
    private static final long serialVersionUID = 1L;

    private final Teller<T> teller;

    Told(Teller<T> teller) {
      this.teller = teller;
    }

    @Override
    public WithFailures.Result<PCollection<T>, DeadLetter> expand(PCollection<T> rows) {
      TupleTag<T> written = new TupleTag<>("written");
      TupleTag<DeadLetter> refused = new TupleTag<>("refused");
      PCollectionTuple told =
          rows.apply(
              "Tell",
              ParDo.of(new TellFn<>(teller)).withOutputTags(written, TupleTagList.of(refused)));
      told.get(written).setCoder(rows.getCoder());
      told.get(refused).setCoder(DeadLetterCoder.of());
      return WithFailures.Result.of(told, written, refused);
    }
  }

  private static final class TellFn<T> extends DoFn<T, T> {
    private static final long serialVersionUID = 1L;

    private final Teller<T> teller;

    TellFn(Teller<T> teller) {
      this.teller = teller;
    }

    @ProcessElement
    public void process(@Element T element, OutputReceiver<T> out) {
      teller.tell(element);
      out.output(element);
    }
  }

  private static final class Discard<T> extends PTransform<PCollection<T>, PDone> {
    private static final long serialVersionUID = 1L;

    @Override
    public PDone expand(PCollection<T> elements) {
      elements.apply("Discard", ParDo.of(new DiscardFn<>()));
      return PDone.in(elements.getPipeline());
    }
  }

  private static final class DiscardFn<T> extends DoFn<T, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process() {
      // A table would take it.
    }
  }
}
