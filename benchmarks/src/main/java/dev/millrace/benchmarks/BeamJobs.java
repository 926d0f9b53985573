package dev.millrace.benchmarks;

import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.LogPosition;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.admission.AdmitOnce;
import dev.millrace.transforms.admission.Identity;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.decode.DecodeRecords;
import dev.millrace.transforms.ledger.Closing;
import dev.millrace.transforms.ledger.Ledger;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.AggregateByWindow;
import dev.millrace.transforms.window.CountWritten;
import dev.millrace.transforms.window.WindowPolicy;
import dev.millrace.transforms.window.WindowResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.coders.BigDecimalCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/** The same jobs in Beam. */
final class BeamJobs {
  private static final Origin NOWHERE = new Origin("kafka", "benchmark", 0, 0);

  private BeamJobs() {}

  static RunningJob count(
      Variant variant, BenchmarkTopic topic, String group, int parallelism, Duration horizon) {
    Pipeline pipeline = pipeline(variant, parallelism);
    AdmissionRule rule =
        AdmissionRule.of(horizon, Windowing.SIZE, Duration.ZERO, LatePolicy.SIDE_TABLE);
    Ledger ledger =
        Ledger.of(new Closing(Windowing.SIZE, rule.latenessDownstream(), Duration.ZERO), Map.of());
    DecodeRecords<Event> decode =
        DecodeRecords.with("benchmark", record -> Event.decode(record.value()), EventCoder.of());
    PCollection<Batch<Event>> events =
        pipeline
            .apply("Read", source(variant, topic, group))
            .apply("Decode", variant.accounts() ? decode.countedIn(ledger) : decode)
            .output();
    if (variant.once()) {
      AdmitOnce.Judged<Event> judged =
          events.apply("AdmitOnce", AdmitOnce.by("benchmark", new ById(), rule));
      events = judged.admitted();
      if (variant.accounts()) {
        ledger.add(judged.tallies());
      }
    }
    PCollection<CountAndSum> aggregates =
        variant.preAggregated() ? aggregated(events, variant, ledger) : combined(events);
    aggregates.apply("Discard", ParDo.of(new DiscardFn()));
    if (variant.accounts()) {
      ledger.totals().apply("DiscardTotals", ParDo.of(new DiscardTotalsFn()));
    }
    return start(pipeline);
  }

  static RunningJob latency(Variant variant, BenchmarkTopic topic, String group, int parallelism) {
    Pipeline pipeline = pipeline(variant, parallelism);
    pipeline
        .apply("Read", source(variant, topic, group))
        .apply("Measure", ParDo.of(new MeasureFn(variant)));
    return start(pipeline);
  }

  private static PTransform<PBegin, PCollection<Batch<RawRecord>>> source(
      Variant variant, BenchmarkTopic topic, String group) {
    EventTime eventTime = EventTime.ofField(EventRecords.EVENT_TIME);
    LogPosition.earliest().place(topic.as(group));
    return switch (variant.source()) {
      case MILLRACE ->
          KafkaRecords.live(topic.as(group), eventTime)
              .withOutOfOrderness(Windowing.OUT_OF_ORDERNESS);
      case KAFKAIO -> KafkaIoRecords.live(topic, group, eventTime, Windowing.OUT_OF_ORDERNESS);
      case NATIVE -> throw new IllegalArgumentException(variant + " is not Beam");
    };
  }

  /** As a pipeline of the product does it. */
  private static PCollection<CountAndSum> aggregated(
      PCollection<Batch<Event>> events, Variant variant, Ledger ledger) {
    PCollection<WindowResult<CountAndSum>> results =
        events.apply(
            "Aggregate",
            AggregateByWindow.of(
                WindowPolicy.fixed(Windowing.SIZE),
                new ByRegion(),
                CountAndSumCoder.of(),
                Windowing.SIZE));
    if (variant.accounts()) {
      ledger.add(results.apply("Written", CountWritten.as(Stage.WRITTEN, Windowing.SIZE)));
    }
    return results.apply("Aggregates", ParDo.of(new AggregateFn())).setCoder(CountAndSumCoder.of());
  }

  /** As one does it in Beam. */
  private static PCollection<CountAndSum> combined(PCollection<Batch<Event>> events) {
    return events
        .apply("Events", Batches.values())
        .apply("ByRegion", ParDo.of(new ByRegionFn()))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), BigDecimalCoder.of()))
        .apply(
            "Window",
            Window.<KV<String, BigDecimal>>into(FixedWindows.of(Windowing.SIZE))
                .withOnTimeBehavior(Window.OnTimeBehavior.FIRE_IF_NON_EMPTY))
        .apply("Combine", Combine.perKey(new CountAndSumFn()))
        .apply("Aggregates", Values.create());
  }

  private static Pipeline pipeline(Variant variant, int parallelism) {
    Pipeline pipeline =
        pipeline(variant.toString(), parallelism, variant.rocksDb(), variant.metrics());
    if (!variant.checkpoints()) {
      pipeline.getOptions().as(FlinkPipelineOptions.class).setCheckpointingInterval(-1L);
    }
    return pipeline;
  }

  /** With the options of runners' Launch, but for what only a cluster needs. */
  static Pipeline pipeline(String name, int parallelism, boolean rocksDb, boolean metrics) {
    long interval = LocalFlink.CHECKPOINTING_INTERVAL.toMillis();
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("runner", "FlinkRunner");
    options.put("jobName", name);
    options.put("flinkMaster", "[local]");
    options.put("flinkConfDir", LocalFlink.configurationDirectory(rocksDb));
    options.put("parallelism", parallelism);
    options.put("objectReuse", true);
    options.put("maxBundleSize", 5000);
    options.put("maxBundleTimeMills", 100);
    options.put("autoWatermarkInterval", LocalFlink.WATERMARK_INTERVAL.toMillis());
    options.put("finishBundleBeforeCheckpointing", true);
    options.put("checkpointingInterval", interval);
    options.put("minPauseBetweenCheckpoints", interval / 2);
    options.put("externalizedCheckpointsEnabled", true);
    options.put("retainExternalizedCheckpointsOnCancellation", true);
    options.put("disableMetrics", !metrics);
    // Gives a handle on the running job.
    options.put("attachedMode", false);
    String[] arguments =
        options.entrySet().stream()
            .map(each -> "--" + each.getKey() + "=" + each.getValue())
            .toArray(String[]::new);
    return Pipeline.create(
        PipelineOptionsFactory.fromArgs(arguments).as(FlinkPipelineOptions.class));
  }

  static RunningJob start(Pipeline pipeline) {
    PipelineResult result = pipeline.run();
    return new RunningJob() {
      @Override
      public boolean runs() {
        try {
          return !result.getState().isTerminal();
        } catch (RuntimeException e) {
          return false; // Its Flink is gone, which ends with its job.
        }
      }

      @Override
      public void cancel() {
        try {
          if (runs()) {
            result.cancel();
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  private static final class MeasureFn extends DoFn<Batch<RawRecord>, Void> {
    private static final long serialVersionUID = 1L;

    private final Variant variant;

    MeasureFn(Variant variant) {
      this.variant = variant;
    }

    @ProcessElement
    public void process(@Element Batch<RawRecord> records) {
      for (RawRecord record : records.values()) {
        Latencies.received(variant, record.value());
      }
    }
  }

  private static final class ById implements Identity<Event> {
    private static final long serialVersionUID = 1L;

    @Override
    public String id(Event event) {
      return event.id();
    }

    @Override
    public void content(Event event, long millis, FieldWriter out) {
      out.putLong(millis);
      out.putText(event.region());
      out.putDecimal(event.value().stripTrailingZeros());
    }

    @Override
    public RawRecord record(Event event) {
      return new RawRecord(null, event.payload(), List.of(), NOWHERE, java.time.Instant.EPOCH);
    }
  }

  private static final class ByRegion implements AggregateByWindow.Aggregation<Event, CountAndSum> {
    private static final long serialVersionUID = 1L;

    @Override
    public String key(Event event) {
      return event.region();
    }

    @Override
    public CountAndSum add(@Nullable CountAndSum aggregate, Event event) {
      return (aggregate == null ? CountAndSum.NONE : aggregate).plus(event.value());
    }

    @Override
    public CountAndSum merge(CountAndSum one, CountAndSum other) {
      return one.plus(other);
    }
  }

  private static final class ByRegionFn extends DoFn<Event, KV<String, BigDecimal>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Event event, OutputReceiver<KV<String, BigDecimal>> out) {
      out.output(KV.of(event.region(), event.value()));
    }
  }

  private static final class CountAndSumFn
      extends Combine.CombineFn<BigDecimal, CountAndSum, CountAndSum> {
    private static final long serialVersionUID = 1L;

    @Override
    public CountAndSum createAccumulator() {
      return CountAndSum.NONE;
    }

    @Override
    public CountAndSum addInput(CountAndSum accumulator, BigDecimal value) {
      return accumulator.plus(value);
    }

    @Override
    public CountAndSum mergeAccumulators(Iterable<CountAndSum> accumulators) {
      CountAndSum merged = CountAndSum.NONE;
      for (CountAndSum each : accumulators) {
        merged = merged.plus(each);
      }
      return merged;
    }

    @Override
    public CountAndSum extractOutput(CountAndSum accumulator) {
      return accumulator;
    }

    @Override
    public Coder<CountAndSum> getAccumulatorCoder(CoderRegistry registry, Coder<BigDecimal> input) {
      return CountAndSumCoder.of();
    }

    @Override
    public Coder<CountAndSum> getDefaultOutputCoder(
        CoderRegistry registry, Coder<BigDecimal> input) {
      return CountAndSumCoder.of();
    }
  }

  private static final class AggregateFn extends DoFn<WindowResult<CountAndSum>, CountAndSum> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element WindowResult<CountAndSum> result, OutputReceiver<CountAndSum> out) {
      out.output(result.aggregate());
    }
  }

  private static final class DiscardFn extends DoFn<CountAndSum, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element CountAndSum aggregate) {
      Progress.fired(aggregate.count(), aggregate.sum());
    }
  }

  private static final class DiscardTotalsFn extends DoFn<LedgerEntry, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process() {
      // A table would take them.
    }
  }
}
