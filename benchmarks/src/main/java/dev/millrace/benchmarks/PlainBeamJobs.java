package dev.millrace.benchmarks;

import dev.millrace.io.kafka.LogPosition;
import dev.millrace.pipelines.orders.Order;
import dev.millrace.pipelines.orders.OrderCoder;
import dev.millrace.pipelines.orders.OrderDecoder;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.pipelines.traffic.Event;
import dev.millrace.pipelines.traffic.EventCoder;
import dev.millrace.pipelines.traffic.EventDecoder;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.decode.RecordDecoder;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.ValueStatsCoder;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.joda.time.Instant;

/** The same graphs in Beam as one writes them first: each step does its work for each event. */
final class PlainBeamJobs {
  private PlainBeamJobs() {}

  /**
   * Starts a job.
   *
   * @param ourOptions whether with the product's options of the runner, or with its default ones
   */
  static RunningJob start(
      Job job, BenchmarkTopic topic, String group, int parallelism, boolean ourOptions) {
    String name = "plain-" + job;
    Pipeline pipeline =
        ourOptions
            ? BeamJobs.pipeline(name, parallelism, false, true)
            : withDefaults(name, parallelism);
    if (job.isTraffic()) {
      traffic(pipeline, topic, group);
    } else {
      orders(pipeline, topic, group);
    }
    return BeamJobs.start(pipeline);
  }

  /** Without checkpoints the runner would not even be asked to survive. */
  private static Pipeline withDefaults(String name, int parallelism) {
    return Pipeline.create(
        PipelineOptionsFactory.fromArgs(
                "--runner=FlinkRunner",
                "--jobName=" + name,
                "--flinkMaster=[local]",
                "--flinkConfDir=" + LocalFlink.configurationDirectory(false),
                "--parallelism=" + parallelism,
                "--checkpointingInterval=" + LocalFlink.CHECKPOINTING_INTERVAL.toMillis(),
                "--attachedMode=false")
            .as(FlinkPipelineOptions.class));
  }

  private static void traffic(Pipeline pipeline, BenchmarkTopic topic, String group) {
    Duration lateness = TrafficPipeline.ADMISSION.allowedLateness();
    once(
            decoded(
                pipeline,
                topic,
                group,
                TrafficPipeline.OUT_OF_ORDERNESS,
                new EventDecoder(JobTopic.EVENT_TIME),
                EventCoder.of()),
            EventCoder.of(),
            Event::eventId,
            TrafficPipeline.ADMISSION.horizon())
        .apply("ByRegion", WithKeys.of((SerializableFunction<Event, String>) Event::region))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), EventCoder.of()))
        .apply(
            "Window",
            Window.<KV<String, Event>>into(FixedWindows.of(TrafficPipeline.FIVE_MINUTES))
                .withAllowedLateness(lateness)
                .withOnTimeBehavior(Window.OnTimeBehavior.FIRE_IF_NON_EMPTY)
                .accumulatingFiredPanes())
        .apply("Combine", Combine.perKey(new StatsFn()))
        .apply("Tell", ParDo.of(new TellWindowFn()));
  }

  private static void orders(Pipeline pipeline, BenchmarkTopic topic, String group) {
    once(
            decoded(
                pipeline,
                topic,
                group,
                Duration.standardMinutes(1),
                new OrderDecoder(JobTopic.EVENT_TIME),
                OrderCoder.of()),
            OrderCoder.of(),
            Order::eventId,
            OrdersPipeline.ADMISSION.horizon())
        .apply("Tell", ParDo.of(new TellOrderFn()));
  }

  private static <T> PCollection<T> decoded(
      Pipeline pipeline,
      BenchmarkTopic topic,
      String group,
      Duration outOfOrderness,
      RecordDecoder<T> decoder,
      Coder<T> coder) {
    LogPosition.earliest().place(topic.as(group));
    return pipeline
        .apply("Read", KafkaIoRecords.live(topic, group, JobTopic.EVENT_TIME, outOfOrderness))
        .apply("Decode", ParDo.of(new DecodeFn<>(decoder)))
        .setCoder(coder);
  }

  private static <T> PCollection<T> once(
      PCollection<T> events, Coder<T> coder, SerializableFunction<T, String> id, Duration horizon) {
    return events
        .apply("ById", WithKeys.of(id))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), coder))
        .apply("Once", ParDo.of(new OnceFn<T>(horizon)))
        .setCoder(coder);
  }

  /** What is broken is only counted. */
  private static final class DecodeFn<T> extends DoFn<Batch<RawRecord>, T> {
    private static final long serialVersionUID = 1L;

    private final RecordDecoder<T> decoder;
    private final Counter rejected = Metrics.counter("plain", "rejected");

    DecodeFn(RecordDecoder<T> decoder) {
      this.decoder = decoder;
    }

    @ProcessElement
    public void process(@Element Batch<RawRecord> records, OutputReceiver<T> out) {
      for (RawRecord record : records.values()) {
        try {
          out.output(decoder.decode(record));
        } catch (InvalidRecordException e) {
          rejected.inc();
        }
      }
    }
  }

  /** A flag for each id, and a timer that clears it. */
  private static final class OnceFn<T> extends DoFn<KV<String, T>, T> {
    private static final long serialVersionUID = 1L;
    private static final String SEEN = "seen";
    private static final String FORGET = "forget";

    private final Duration horizon;

    @StateId(SEEN)
    private final StateSpec<ValueState<Boolean>> seenSpec = StateSpecs.value(BooleanCoder.of());

    @TimerId(FORGET)
    private final TimerSpec forgetSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    OnceFn(Duration horizon) {
      this.horizon = horizon;
    }

    @ProcessElement
    public void process(
        @Element KV<String, T> event,
        @Timestamp Instant time,
        @StateId(SEEN) ValueState<Boolean> seen,
        @TimerId(FORGET) Timer forget,
        OutputReceiver<T> out) {
      if (seen.read() == null) {
        seen.write(true);
        forget.withNoOutputTimestamp().set(time.plus(horizon));
        out.output(event.getValue());
      }
    }

    @OnTimer(FORGET)
    public void forget(@StateId(SEEN) ValueState<Boolean> seen) {
      seen.clear();
    }
  }

  private static final class StatsFn extends Combine.CombineFn<Event, ValueStats, ValueStats> {
    private static final long serialVersionUID = 1L;

    @Override
    public ValueStats createAccumulator() {
      return ValueStats.NONE;
    }

    @Override
    public ValueStats addInput(ValueStats accumulator, Event event) {
      return accumulator.plus(event.value());
    }

    @Override
    public ValueStats mergeAccumulators(Iterable<ValueStats> accumulators) {
      ValueStats merged = ValueStats.NONE;
      for (ValueStats each : accumulators) {
        merged = merged.plus(each);
      }
      return merged;
    }

    @Override
    public ValueStats extractOutput(ValueStats accumulator) {
      return accumulator;
    }

    @Override
    public Coder<ValueStats> getAccumulatorCoder(CoderRegistry registry, Coder<Event> input) {
      return ValueStatsCoder.of();
    }

    @Override
    public Coder<ValueStats> getDefaultOutputCoder(CoderRegistry registry, Coder<Event> input) {
      return ValueStatsCoder.of();
    }
  }

  private static final class TellWindowFn extends DoFn<KV<String, ValueStats>, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element KV<String, ValueStats> region, BoundedWindow window) {
      ValueStats stats = region.getValue();
      Rows.window(
          Rows.FIVE_MINUTES,
          region.getKey(),
          ((IntervalWindow) window).start().getMillis(),
          stats.count(),
          stats.sum(),
          stats.min(),
          stats.max());
    }
  }

  private static final class TellOrderFn extends DoFn<Order, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Order order) {
      Rows.order(order.eventId(), order.amount());
    }
  }
}
