package dev.millrace.benchmarks;

import dev.millrace.pipelines.traffic.Event;
import dev.millrace.pipelines.traffic.EventDecoder;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.time.Duration;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.WindowAssigner;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Traffic in Flink without Beam: as its documentation teaches, and with every trick. */
final class FlinkTraffic {
  private static final OutputTag<RawRecord> DEAD_LETTERS =
      new OutputTag<>("dead letters", TypeInformation.of(RawRecord.class));
  static final OutputTag<Visit> LATE = new OutputTag<>("late", TypeInformation.of(Visit.class));

  static final TypeInformation<Tuple2<Integer, byte[]>> BATCH =
      Types.TUPLE(Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  private FlinkTraffic() {}

  static RunningJob start(Job job, BenchmarkTopic topic, String group, int parallelism) {
    StreamExecutionEnvironment flink = NativeJobs.flink(parallelism, false);
    SingleOutputStreamOperator<Visit> visits =
        read(flink, topic, group)
            .keyBy(visit -> visit.eventId, Types.STRING)
            .process(new Once<>(TrafficPipeline.ADMISSION.horizon()))
            .returns(Visit.class);
    Duration fiveMinutes = duration(TrafficPipeline.FIVE_MINUTES);
    count(visits, TumblingEventTimeWindows.of(fiveMinutes), Rows.FIVE_MINUTES);
    if (job == Job.TRAFFIC_ALL) {
      count(visits, SlidingEventTimeWindows.of(fiveMinutes, Duration.ofMinutes(1)), Rows.SLIDING);
      FlinkSessions.follow(visits);
    }
    return NativeJobs.start(flink, Contender.NATIVE + "-" + job);
  }

  private static void count(
      SingleOutputStreamOperator<Visit> visits,
      WindowAssigner<Object, TimeWindow> windows,
      String output) {
    SingleOutputStreamOperator<Long> counted =
        visits
            .keyBy(visit -> visit.region, Types.STRING)
            .window(windows)
            .allowedLateness(duration(TrafficPipeline.ADMISSION.allowedLateness()))
            .sideOutputLateData(LATE)
            .aggregate(new Add(), new Tell(output));
    counted.getSideOutput(LATE).sinkTo(new DiscardingSink<>());
    counted.sinkTo(new DiscardingSink<>());
  }

  /** With every trick that the product uses: batches, a log of ids, sums before the shuffle. */
  static RunningJob startTuned(BenchmarkTopic topic, String group, int parallelism) {
    StreamExecutionEnvironment flink = NativeJobs.flink(parallelism, false);
    SingleOutputStreamOperator<Stats> sums =
        read(flink, topic, group)
            .transform("Gather", BATCH, new GatherByHash<>(new VisitBytes()))
            .keyBy(batch -> batch.f0, Types.INT)
            .process(new SumOnceByShard())
            .returns(Stats.class);
    sums.keyBy(stats -> stats.region, Types.STRING)
        .process(new AddSums())
        .returns(Types.LONG)
        .sinkTo(new DiscardingSink<>());
    sums.getSideOutput(LATE).sinkTo(new DiscardingSink<>());
    return NativeJobs.start(flink, Contender.NATIVE_TUNED + "-traffic");
  }

  private static SingleOutputStreamOperator<Visit> read(
      StreamExecutionEnvironment flink, BenchmarkTopic topic, String group) {
    SingleOutputStreamOperator<Visit> visits =
        FlinkSource.read(flink, topic, group, duration(TrafficPipeline.OUT_OF_ORDERNESS))
            .process(new Decode())
            .returns(Visit.class);
    visits.getSideOutput(DEAD_LETTERS).sinkTo(new DiscardingSink<>());
    return visits;
  }

  static Duration duration(org.joda.time.Duration same) {
    return Duration.ofMillis(same.getMillis());
  }

  /** An event without its payload; public with public fields, as Flink wants it. */
  public static final class Visit {
    public String eventId;
    public String region;
    public @Nullable String userId;
    public @Nullable String page;
    public @Nullable BigDecimal value;

    public Visit() {}

    Visit(Event event) {
      this.eventId = event.eventId();
      this.region = event.region();
      this.userId = event.userId();
      this.page = event.page();
      this.value = event.value();
    }
  }

  /** What a window has of a region; changed in place. */
  public static final class Stats {
    public String region = "";
    public long start;
    public long count;
    public @Nullable BigDecimal sum;
    public @Nullable BigDecimal min;
    public @Nullable BigDecimal max;

    public Stats() {}

    Stats(String region, long start) {
      this.region = region;
      this.start = start;
    }

    void add(@Nullable BigDecimal value) {
      count++;
      if (value != null) {
        add(value, value, value);
      }
    }

    void add(Stats other) {
      count += other.count;
      if (other.sum != null) {
        add(other.sum, other.min, other.max);
      }
    }

    private void add(BigDecimal otherSum, BigDecimal otherMin, BigDecimal otherMax) {
      sum = sum == null ? otherSum : sum.add(otherSum);
      min = min == null ? otherMin : min.min(otherMin);
      max = max == null ? otherMax : max.max(otherMax);
    }

    void tell(String output, String ofRegion, long from) {
      Rows.window(output, ofRegion, from, count, sum, min, max);
    }
  }

  private static final class Decode extends ProcessFunction<RawRecord, Visit> {
    private static final long serialVersionUID = 1L;

    private final EventDecoder decoder = new EventDecoder(JobTopic.EVENT_TIME);

    @Override
    public void processElement(RawRecord record, Context context, Collector<Visit> out) {
      Event event;
      try {
        event = decoder.decode(record);
      } catch (InvalidRecordException e) {
        context.output(DEAD_LETTERS, record);
        return;
      }
      out.collect(new Visit(event));
    }
  }

  private static final class Add implements AggregateFunction<Visit, Stats, Stats> {
    private static final long serialVersionUID = 1L;

    @Override
    public Stats createAccumulator() {
      return new Stats();
    }

    @Override
    public Stats add(Visit visit, Stats stats) {
      stats.add(visit.value);
      return stats;
    }

    @Override
    public Stats getResult(Stats stats) {
      return stats;
    }

    @Override
    public Stats merge(Stats one, Stats other) {
      one.add(other);
      return one;
    }
  }

  private static final class Tell implements WindowFunction<Stats, Long, String, TimeWindow> {
    private static final long serialVersionUID = 1L;

    private final String output;

    Tell(String output) {
      this.output = output;
    }

    @Override
    public void apply(String region, TimeWindow window, Iterable<Stats> all, Collector<Long> out) {
      for (Stats stats : all) {
        stats.tell(output, region, window.getStart());
        out.collect(stats.count);
      }
    }
  }
}
