package dev.millrace.benchmarks;

import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The jobs as one would write them for Flink alone, for speed. */
final class NativeJobs {
  private static final Duration IDLE_AFTER = Duration.ofMinutes(1);

  private NativeJobs() {}

  static RunningJob count(
      Variant variant,
      BenchmarkTopic topic,
      String group,
      int parallelism,
      org.joda.time.Duration horizon) {
    StreamExecutionEnvironment flink = flink(parallelism, variant.rocksDb());
    DataStream<Counted> events =
        read(flink, topic, group).map(new DecodeAndCount()).returns(Counted.class);
    DataStream<Counted> counted =
        variant.once()
            ? events
                .keyBy(each -> each.id, Types.STRING)
                .process(new Once<Counted>(horizon))
                .returns(Counted.class)
            : events;
    counted
        .map(new RegionAndValue())
        .keyBy(each -> each.f0, Types.STRING)
        .window(TumblingEventTimeWindows.of(Duration.ofMillis(Windowing.SIZE.getMillis())))
        .aggregate(new Sum())
        .map(new CountFired())
        .sinkTo(new DiscardingSink<>());
    return start(flink, variant.toString());
  }

  static RunningJob latency(BenchmarkTopic topic, String group, int parallelism) {
    StreamExecutionEnvironment flink = flink(parallelism, false);
    read(flink, topic, group).map(new Measure()).sinkTo(new DiscardingSink<>());
    return start(flink, Variant.NATIVE.toString());
  }

  static StreamExecutionEnvironment flink(int parallelism, boolean rocksDb) {
    StreamExecutionEnvironment flink =
        StreamExecutionEnvironment.createLocalEnvironment(
            parallelism, LocalFlink.configuration(rocksDb));
    flink.enableCheckpointing(LocalFlink.CHECKPOINTING_INTERVAL.toMillis());
    flink
        .getCheckpointConfig()
        .setMinPauseBetweenCheckpoints(LocalFlink.CHECKPOINTING_INTERVAL.toMillis() / 2);
    flink.getConfig().enableObjectReuse();
    flink.getConfig().setAutoWatermarkInterval(LocalFlink.WATERMARK_INTERVAL.toMillis());
    return flink;
  }

  private static DataStream<Payload> read(
      StreamExecutionEnvironment flink, BenchmarkTopic topic, String group) {
    Properties consumer = new Properties();
    consumer.putAll(topic.consumerConfig(group));
    KafkaSource<Payload> source =
        KafkaSource.<Payload>builder()
            .setBootstrapServers(topic.bootstrapServers())
            .setTopics(topic.name())
            .setProperties(consumer)
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setDeserializer(new Dated(EventTime.ofField(EventRecords.EVENT_TIME)))
            .build();
    return flink.fromSource(
        source,
        WatermarkStrategy.<Payload>forBoundedOutOfOrderness(
                Duration.ofMillis(Windowing.OUT_OF_ORDERNESS.getMillis()))
            .withTimestampAssigner((payload, kafkaMillis) -> payload.eventMillis)
            .withIdleness(IDLE_AFTER),
        "Read");
  }

  static RunningJob start(StreamExecutionEnvironment flink, String name) {
    JobClient client;
    try {
      client = flink.executeAsync(name);
    } catch (Exception e) { // As Flink declares it.
      throw new IllegalStateException("the job can't be started: " + e.getMessage(), e);
    }
    return new RunningJob() {
      @Override
      public boolean runs() {
        try {
          JobStatus status = client.getJobStatus().get();
          return !status.isTerminalState() && status != JobStatus.FAILING;
        } catch (ExecutionException | IllegalStateException e) {
          return false; // Its Flink is gone, which ends with its job.
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }

      @Override
      public void cancel() {
        if (runs()) {
          client.cancel().join();
        }
      }
    };
  }

  /** Bytes with their event time; public with public fields, as Flink wants it. */
  public static final class Payload {
    public byte[] json;
    public long eventMillis;

    public Payload() {}

    Payload(byte[] json, long eventMillis) {
      this.json = json;
      this.eventMillis = eventMillis;
    }
  }

  /** Count and sum of a window so far; never copied while no checkpoint is written. */
  public static final class Accumulator {
    public long count;
    public BigDecimal sum = BigDecimal.ZERO;
  }

  private static final class Dated implements KafkaRecordDeserializationSchema<Payload> {
    private static final long serialVersionUID = 1L;

    private final EventTime eventTime;

    Dated(EventTime eventTime) {
      this.eventTime = eventTime;
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Payload> out)
        throws IOException {
      long millis = eventTime.find(record.value(), record.timestamp());
      out.collect(
          new Payload(
              record.value(),
              millis == EventTime.UNUSABLE ? EventTime.fallback(record.timestamp()) : millis));
    }

    @Override
    public TypeInformation<Payload> getProducedType() {
      return TypeInformation.of(Payload.class);
    }
  }

  /** What goes on of an event; public with public fields, as Flink wants it. */
  public static final class Counted {
    public String id;
    public String region;
    public BigDecimal value;

    public Counted() {}

    Counted(String id, String region, BigDecimal value) {
      this.id = id;
      this.region = region;
      this.value = value;
    }
  }

  private static final class DecodeAndCount implements MapFunction<Payload, Counted> {
    private static final long serialVersionUID = 1L;

    @Override
    public Counted map(Payload payload) {
      Event event = Event.decode(payload.json);
      return new Counted(event.id(), event.region(), event.value());
    }
  }

  private static final class RegionAndValue
      implements MapFunction<Counted, Tuple2<String, BigDecimal>> {
    private static final long serialVersionUID = 1L;

    @Override
    public Tuple2<String, BigDecimal> map(Counted event) {
      return Tuple2.of(event.region, event.value);
    }
  }

  private static final class Sum
      implements AggregateFunction<
          Tuple2<String, BigDecimal>, Accumulator, Tuple2<Long, BigDecimal>> {
    private static final long serialVersionUID = 1L;

    @Override
    public Accumulator createAccumulator() {
      return new Accumulator();
    }

    @Override
    public Accumulator add(Tuple2<String, BigDecimal> event, Accumulator all) {
      all.count++;
      all.sum = all.sum.add(event.f1);
      return all;
    }

    @Override
    public Tuple2<Long, BigDecimal> getResult(Accumulator all) {
      return Tuple2.of(all.count, all.sum);
    }

    @Override
    public Accumulator merge(Accumulator one, Accumulator other) {
      one.count += other.count;
      one.sum = one.sum.add(other.sum);
      return one;
    }
  }

  private static final class CountFired implements MapFunction<Tuple2<Long, BigDecimal>, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long map(Tuple2<Long, BigDecimal> window) {
      Progress.fired(window.f0, window.f1);
      return window.f0;
    }
  }

  private static final class Measure implements MapFunction<Payload, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long map(Payload payload) {
      Latencies.received(Variant.NATIVE, payload.json);
      return payload.eventMillis;
    }
  }
}
