package dev.millrace.benchmarks;

import dev.millrace.pipelines.traffic.TrafficPipeline;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Windows of a region, of sums that are made already. */
final class AddSums extends KeyedProcessFunction<String, FlinkTraffic.Stats, Long> {
  private static final long serialVersionUID = 1L;

  private static final long WINDOW = TrafficPipeline.FIVE_MINUTES.getMillis();
  private static final long LATENESS = TrafficPipeline.ADMISSION.allowedLateness().getMillis();

  private transient MapState<Long, FlinkTraffic.Stats> windows;

  @Override
  public void open(OpenContext context) {
    windows =
        getRuntimeContext()
            .getMapState(
                new MapStateDescriptor<>(
                    "windows", Types.LONG, TypeInformation.of(FlinkTraffic.Stats.class)));
  }

  @Override
  public void processElement(FlinkTraffic.Stats sum, Context context, Collector<Long> out)
      throws Exception {
    long last = sum.start + WINDOW - 1;
    FlinkTraffic.Stats stats = windows.get(sum.start);
    if (stats == null) {
      stats = new FlinkTraffic.Stats(sum.region, sum.start);
      context.timerService().registerEventTimeTimer(last);
      context.timerService().registerEventTimeTimer(last + LATENESS);
    }
    stats.add(sum);
    windows.put(sum.start, stats);
    if (context.timerService().currentWatermark() >= last) {
      stats.tell(Rows.FIVE_MINUTES, sum.region, sum.start);
      out.collect(stats.count);
    }
  }

  @Override
  public void onTimer(long time, OnTimerContext context, Collector<Long> out) throws Exception {
    windows.remove(time + 1 - WINDOW - LATENESS);
    long start = time + 1 - WINDOW;
    FlinkTraffic.Stats stats = windows.get(start);
    if (stats != null) {
      stats.tell(Rows.FIVE_MINUTES, context.getCurrentKey(), start);
      out.collect(stats.count);
    }
  }
}
