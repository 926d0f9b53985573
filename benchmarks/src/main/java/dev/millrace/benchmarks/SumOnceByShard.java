package dev.millrace.benchmarks;

import dev.millrace.pipelines.traffic.TrafficPipeline;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.util.Collector;

/** Each event once, late ones aside; what a region has of a batch in a window, added up. */
final class SumOnceByShard extends OnceByShard<FlinkTraffic.Visit, FlinkTraffic.Stats> {
  private static final long serialVersionUID = 1L;

  private static final long LATENESS = TrafficPipeline.ADMISSION.allowedLateness().getMillis();
  private static final long WINDOW = TrafficPipeline.FIVE_MINUTES.getMillis();

  private record Slice(String region, long start) {}

  private transient Map<Slice, FlinkTraffic.Stats> added;

  SumOnceByShard() {
    super(new VisitBytes(), TrafficPipeline.ADMISSION);
  }

  @Override
  public void open(OpenContext context) {
    super.open(context);
    added = new HashMap<>();
  }

  @Override
  boolean isLate(long millis, long watermark) {
    return start(millis) + WINDOW - 1 + LATENESS < watermark;
  }

  @Override
  void late(FlinkTraffic.Visit visit, Context context) {
    context.output(FlinkTraffic.LATE, visit);
  }

  @Override
  void admit(FlinkTraffic.Visit visit, long millis) {
    added
        .computeIfAbsent(
            new Slice(visit.region, start(millis)),
            slice -> new FlinkTraffic.Stats(slice.region(), slice.start()))
        .add(visit.value);
  }

  @Override
  void flush(Collector<FlinkTraffic.Stats> out) {
    added.values().forEach(out::collect);
    added.clear();
  }

  private static long start(long millis) {
    return millis - Math.floorMod(millis, WINDOW);
  }
}
