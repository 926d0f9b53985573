package dev.millrace.benchmarks;

import dev.millrace.benchmarks.FlinkTraffic.Visit;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** Users' sessions in Flink without Beam, as its documentation teaches. */
final class FlinkSessions {
  private static final Duration MILLI = Duration.ofMillis(1);

  /** To Flink, unlike Beam, an event that comes a gap after another is in its session. */
  private static final Duration GAP =
      FlinkTraffic.duration(TrafficPipeline.SESSION_GAP).minus(MILLI);

  private FlinkSessions() {}

  static void follow(SingleOutputStreamOperator<Visit> visits) {
    SingleOutputStreamOperator<Long> sessions =
        visits
            .filter(visit -> visit.userId != null)
            .keyBy(visit -> visit.userId, Types.STRING)
            .window(EventTimeSessionWindows.withGap(GAP))
            .allowedLateness(FlinkTraffic.duration(TrafficPipeline.ADMISSION.allowedLateness()))
            .sideOutputLateData(FlinkTraffic.LATE)
            .aggregate(new Add(), new Tell());
    sessions.getSideOutput(FlinkTraffic.LATE).sinkTo(new DiscardingSink<>());
    sessions.sinkTo(new DiscardingSink<>());
  }

  /** What a session has; changed in place. Public with public fields, as Flink wants it. */
  public static final class Seen {
    public long events;

    /** The different ones, in order. */
    public String[] pages = {};

    void page(String page) {
      if (Arrays.binarySearch(pages, page) < 0) {
        pages =
            Stream.concat(Arrays.stream(pages), Stream.of(page)).sorted().toArray(String[]::new);
      }
    }
  }

  private static final class Add implements AggregateFunction<Visit, Seen, Seen> {
    private static final long serialVersionUID = 1L;

    @Override
    public Seen createAccumulator() {
      return new Seen();
    }

    @Override
    public Seen add(Visit visit, Seen seen) {
      seen.events++;
      if (visit.page != null) {
        seen.page(visit.page);
      }
      return seen;
    }

    @Override
    public Seen getResult(Seen seen) {
      return seen;
    }

    @Override
    public Seen merge(Seen one, Seen other) {
      one.events += other.events;
      for (String page : other.pages) {
        one.page(page);
      }
      return one;
    }
  }

  private static final class Tell implements WindowFunction<Seen, Long, String, TimeWindow> {
    private static final long serialVersionUID = 1L;

    @Override
    public void apply(String user, TimeWindow window, Iterable<Seen> all, Collector<Long> out) {
      for (Seen seen : all) {
        Rows.session(
            user,
            window.getStart(),
            window.getEnd() + MILLI.toMillis(),
            seen.events,
            seen.pages.length);
        out.collect(seen.events);
      }
    }
  }
}
