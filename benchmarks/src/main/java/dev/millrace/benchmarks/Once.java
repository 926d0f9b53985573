package dev.millrace.benchmarks;

import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.joda.time.Duration;

/** Each id once, as one does it in Flink: a flag for each id, and a timer that clears it. */
final class Once<T> extends KeyedProcessFunction<String, T, T> {
  private static final long serialVersionUID = 1L;

  private final long horizonMillis;

  private transient ValueState<Boolean> seen;

  Once(Duration horizon) {
    this.horizonMillis = horizon.getMillis();
  }

  @Override
  public void open(OpenContext context) {
    seen = getRuntimeContext().getState(new ValueStateDescriptor<>("seen", Types.BOOLEAN));
  }

  @Override
  public void processElement(T event, Context context, Collector<T> out) throws IOException {
    if (seen.value() == null) {
      seen.update(true);
      context.timerService().registerEventTimeTimer(context.timestamp() + horizonMillis);
      out.collect(event);
    }
  }

  @Override
  public void onTimer(long time, OnTimerContext context, Collector<T> out) {
    seen.clear();
  }
}
