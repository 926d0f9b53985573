package dev.millrace.benchmarks;

import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.transforms.admission.FlinkSeenIds;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Each id of a batch once, late ones aside; what a region has of them in a window, added up. */
final class OnceByShard
    extends KeyedProcessFunction<Integer, Tuple2<Integer, byte[]>, FlinkTraffic.Stats> {
  private static final long serialVersionUID = 1L;

  private static final long HORIZON = TrafficPipeline.ADMISSION.horizon().getMillis();
  private static final long LATENESS = TrafficPipeline.ADMISSION.allowedLateness().getMillis();
  private static final long WINDOW = TrafficPipeline.FIVE_MINUTES.getMillis();
  private static final long SWEEP_EVERY = HORIZON / 8;

  private record Slice(String region, long start) {}

  private transient ValueState<Tuple3<Integer, Long, Long>> log;
  private transient MapState<Integer, byte[]> blocks;
  private transient ValueState<Long> swept;
  private transient Map<Integer, FlinkSeenIds<FlinkTraffic.Visit>> shards;

  @Override
  public void open(OpenContext context) {
    log =
        getRuntimeContext()
            .getState(
                new ValueStateDescriptor<>("log", Types.TUPLE(Types.INT, Types.LONG, Types.LONG)));
    blocks =
        getRuntimeContext()
            .getMapState(
                new MapStateDescriptor<>(
                    "blocks", Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    swept = getRuntimeContext().getState(new ValueStateDescriptor<>("swept", Types.LONG));
    shards = new HashMap<>();
  }

  @Override
  public void processElement(
      Tuple2<Integer, byte[]> batch, Context context, Collector<FlinkTraffic.Stats> out)
      throws Exception {
    long watermark = context.timerService().currentWatermark();
    FlinkSeenIds<FlinkTraffic.Visit> seen =
        shards.computeIfAbsent(batch.f0, shard -> new FlinkSeenIds<>());
    seen.open(log, blocks);
    sweep(seen, watermark);
    DataInputDeserializer in = new DataInputDeserializer(batch.f1);
    while (in.available() > 0) {
      long high = in.readLong();
      long low = in.readLong();
      long millis = in.readLong();
      FlinkTraffic.Visit visit = VisitBytes.read(in);
      long start = millis - Math.floorMod(millis, WINDOW);
      if (start + WINDOW - 1 + LATENESS < watermark) {
        context.output(FlinkTraffic.LATE, visit);
      } else {
        seen.add(visit, high, low, millis);
      }
    }
    Map<Slice, FlinkTraffic.Stats> added = new HashMap<>();
    seen.judge(
        HORIZON / 1_000,
        (visit, millis) ->
            added
                .computeIfAbsent(
                    new Slice(visit.region, millis - Math.floorMod(millis, WINDOW)),
                    slice -> new FlinkTraffic.Stats(slice.region(), slice.start()))
                .add(visit.value));
    seen.close(log);
    added.values().forEach(out::collect);
  }

  private void sweep(FlinkSeenIds<?> seen, long watermark) throws Exception {
    Long last = swept.value();
    if (last == null && watermark > 0) {
      swept.update(watermark);
    } else if (last != null && watermark - last >= SWEEP_EVERY) {
      seen.forgetBefore((watermark - HORIZON - WINDOW - LATENESS) / 1_000);
      swept.update(watermark);
    }
  }
}
