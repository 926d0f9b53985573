package dev.millrace.benchmarks;

import dev.millrace.pipelines.traffic.Event;
import dev.millrace.pipelines.traffic.EventDecoder;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import java.time.Duration;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Traffic in Flink without Beam, as its documentation teaches. */
final class FlinkTraffic {
  private static final OutputTag<RawRecord> DEAD_LETTERS =
      new OutputTag<>("dead letters", TypeInformation.of(RawRecord.class));
  private static final OutputTag<Visit> LATE =
      new OutputTag<>("late", TypeInformation.of(Visit.class));

  private FlinkTraffic() {}

  static RunningJob start(BenchmarkTopic topic, String group, int parallelism) {
    StreamExecutionEnvironment flink = NativeJobs.flink(parallelism, false);
    SingleOutputStreamOperator<Visit> visits =
        FlinkSource.read(flink, topic, group, duration(TrafficPipeline.OUT_OF_ORDERNESS))
            .process(new Decode())
            .returns(Visit.class);
    SingleOutputStreamOperator<Long> windows =
        visits
            .keyBy(visit -> visit.eventId, Types.STRING)
            .process(new Once<>(TrafficPipeline.ADMISSION.horizon()))
            .returns(Visit.class)
            .keyBy(visit -> visit.region, Types.STRING)
            .window(TumblingEventTimeWindows.of(duration(TrafficPipeline.FIVE_MINUTES)))
            .allowedLateness(duration(TrafficPipeline.ADMISSION.allowedLateness()))
            .sideOutputLateData(LATE)
            .aggregate(new Add(), new Tell());
    visits.getSideOutput(DEAD_LETTERS).sinkTo(new DiscardingSink<>());
    windows.getSideOutput(LATE).sinkTo(new DiscardingSink<>());
    windows.sinkTo(new DiscardingSink<>());
    return NativeJobs.start(flink, Contender.NATIVE + "-traffic");
  }

  private static Duration duration(org.joda.time.Duration same) {
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
    public long count;
    public @Nullable BigDecimal sum;
    public @Nullable BigDecimal min;
    public @Nullable BigDecimal max;
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
      stats.count++;
      BigDecimal value = visit.value;
      if (value != null) {
        add(value, value, value, stats);
      }
      return stats;
    }

    @Override
    public Stats getResult(Stats stats) {
      return stats;
    }

    @Override
    public Stats merge(Stats one, Stats other) {
      one.count += other.count;
      if (other.sum != null) {
        add(other.sum, other.min, other.max, one);
      }
      return one;
    }

    private static void add(BigDecimal sum, BigDecimal min, BigDecimal max, Stats to) {
      to.sum = to.sum == null ? sum : to.sum.add(sum);
      to.min = to.min == null ? min : to.min.min(min);
      to.max = to.max == null ? max : to.max.max(max);
    }
  }

  private static final class Tell implements WindowFunction<Stats, Long, String, TimeWindow> {
    private static final long serialVersionUID = 1L;

    @Override
    public void apply(String region, TimeWindow window, Iterable<Stats> all, Collector<Long> out) {
      for (Stats stats : all) {
        Rows.window(region, window.getStart(), stats.count, stats.sum, stats.min, stats.max);
        out.collect(stats.count);
      }
    }
  }
}
