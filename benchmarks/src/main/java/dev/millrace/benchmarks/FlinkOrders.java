package dev.millrace.benchmarks;

import dev.millrace.io.jdbc.Database;
import dev.millrace.pipelines.orders.Order;
import dev.millrace.pipelines.orders.OrderDecoder;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Orders in Flink without Beam, as its documentation teaches. */
final class FlinkOrders {
  private static final Duration OUT_OF_ORDERNESS = Duration.ofMinutes(1);
  private static final OutputTag<RawRecord> DEAD_LETTERS =
      new OutputTag<>("dead letters", TypeInformation.of(RawRecord.class));

  private FlinkOrders() {}

  static RunningJob start(
      BenchmarkTopic topic, String group, int parallelism, @Nullable Database database) {
    StreamExecutionEnvironment flink = NativeJobs.flink(parallelism, false);
    SingleOutputStreamOperator<Version> once =
        read(flink, topic, group)
            .keyBy(version -> version.eventId, Types.STRING)
            .process(new Once<>(OrdersPipeline.ADMISSION.horizon()))
            .returns(Version.class);
    if (database == null) {
      once.process(new Tell()).returns(Types.LONG).sinkTo(new DiscardingSink<>());
    } else {
      once.addSink(new UpsertOrders(database));
    }
    return NativeJobs.start(flink, Contender.NATIVE + "-orders");
  }

  /** With every trick that the product uses: batches, and a log of ids. To nowhere. */
  static RunningJob startTuned(BenchmarkTopic topic, String group, int parallelism) {
    StreamExecutionEnvironment flink = NativeJobs.flink(parallelism, false);
    read(flink, topic, group)
        .transform("Gather", FlinkTraffic.BATCH, new GatherByHash<>(new VersionBytes()))
        .keyBy(batch -> batch.f0, Types.INT)
        .process(new TellOnceByShard())
        .returns(Types.LONG)
        .sinkTo(new DiscardingSink<>());
    return NativeJobs.start(flink, Contender.NATIVE_TUNED + "-orders");
  }

  private static SingleOutputStreamOperator<Version> read(
      StreamExecutionEnvironment flink, BenchmarkTopic topic, String group) {
    SingleOutputStreamOperator<Version> versions =
        FlinkSource.read(flink, topic, group, OUT_OF_ORDERNESS)
            .process(new Decode())
            .returns(Version.class);
    versions.getSideOutput(DEAD_LETTERS).sinkTo(new DiscardingSink<>());
    return versions;
  }

  /** An order without its payload; public with public fields, as Flink wants it. */
  public static final class Version {
    public String eventId;
    public String orderId;
    public @Nullable String customerId;
    public String region;
    public BigDecimal amount;
    public String currency;
    public String status;
    public Instant eventTime;
    public Instant loadedAt;
    public String topic;
    public int partition;
    public long offset;

    public Version() {}

    Version(Order order) {
      eventId = order.eventId();
      orderId = order.orderId();
      customerId = order.customerId();
      region = order.region();
      amount = order.amount();
      currency = order.currency();
      status = order.status();
      eventTime = order.eventTime();
      loadedAt = order.record().loadedAt();
      topic = order.record().origin().topic();
      partition = order.record().origin().partition();
      offset = order.record().origin().offset();
    }

    Order toOrder() {
      Origin origin = new Origin("kafka", topic, partition, offset);
      RawRecord record = new RawRecord(null, null, List.of(), origin, loadedAt);
      return new Order(
          eventId, orderId, customerId, region, amount, currency, status, eventTime, record);
    }
  }

  private static final class Decode extends ProcessFunction<RawRecord, Version> {
    private static final long serialVersionUID = 1L;

    private final OrderDecoder decoder = new OrderDecoder(JobTopic.EVENT_TIME);

    @Override
    public void processElement(RawRecord record, Context context, Collector<Version> out) {
      Order order;
      try {
        order = decoder.decode(record);
      } catch (InvalidRecordException e) {
        context.output(DEAD_LETTERS, record);
        return;
      }
      out.collect(new Version(order));
    }
  }

  private static final class Tell extends ProcessFunction<Version, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public void processElement(Version version, Context context, Collector<Long> out) {
      Rows.order(version.eventId, version.amount);
    }
  }
}
