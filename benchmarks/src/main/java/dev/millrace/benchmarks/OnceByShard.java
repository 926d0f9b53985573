package dev.millrace.benchmarks;

import dev.millrace.transforms.admission.AdmissionRule;
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

/** Each id of a batch once, by a log of them. */
abstract class OnceByShard<T, R> extends KeyedProcessFunction<Integer, Tuple2<Integer, byte[]>, R> {
  private static final long serialVersionUID = 1L;

  private static final int SWEEPS_IN_HORIZON = 8;

  private final GatherByHash.Bytes<T> bytes;
  private final long horizon;
  private final long kept;

  private transient ValueState<Tuple3<Integer, Long, Long>> log;
  private transient MapState<Integer, byte[]> blocks;
  private transient ValueState<Long> swept;
  private transient Map<Integer, FlinkSeenIds<T>> shards;

  OnceByShard(GatherByHash.Bytes<T> bytes, AdmissionRule rule) {
    this.bytes = bytes;
    this.horizon = rule.horizon().getMillis();
    this.kept = horizon + rule.window().getMillis() + rule.allowedLateness().getMillis();
  }

  /** Whether an event is too late. */
  abstract boolean isLate(long millis, long watermark);

  abstract void late(T event, Context context);

  /** An event goes on. */
  abstract void admit(T event, long millis);

  /** No more of them in this batch. */
  abstract void flush(Collector<R> out);

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
  public void processElement(Tuple2<Integer, byte[]> batch, Context context, Collector<R> out)
      throws Exception {
    long watermark = context.timerService().currentWatermark();
    FlinkSeenIds<T> seen = shards.computeIfAbsent(batch.f0, shard -> new FlinkSeenIds<>());
    seen.open(log, blocks);
    sweep(seen, watermark);
    DataInputDeserializer in = new DataInputDeserializer(batch.f1);
    while (in.available() > 0) {
      long high = in.readLong();
      long low = in.readLong();
      long millis = in.readLong();
      T event = bytes.read(in);
      if (isLate(millis, watermark)) {
        late(event, context);
      } else {
        seen.add(event, high, low, millis);
      }
    }
    seen.judge(horizon / 1_000, this::admit);
    seen.close(log);
    flush(out);
  }

  private void sweep(FlinkSeenIds<?> seen, long watermark) throws Exception {
    Long last = swept.value();
    if (last == null && watermark > 0) {
      swept.update(watermark);
    } else if (last != null && watermark - last >= horizon / SWEEPS_IN_HORIZON) {
      seen.forgetBefore((watermark - kept) / 1_000);
      swept.update(watermark);
    }
  }
}
