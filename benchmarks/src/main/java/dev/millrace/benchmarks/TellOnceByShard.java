package dev.millrace.benchmarks;

import dev.millrace.pipelines.orders.OrdersPipeline;
import org.apache.flink.util.Collector;

/** Each order once, to nowhere. */
final class TellOnceByShard extends OnceByShard<FlinkOrders.Version, Long> {
  private static final long serialVersionUID = 1L;

  TellOnceByShard() {
    super(new VersionBytes(), OrdersPipeline.ADMISSION);
  }

  @Override
  boolean isLate(long millis, long watermark) {
    return false; // An order is never too late for its table.
  }

  @Override
  void late(FlinkOrders.Version version, Context context) {
    throw new UnsupportedOperationException("no order is late");
  }

  @Override
  void admit(FlinkOrders.Version version, long millis) {
    Rows.order(version.eventId, version.amount);
  }

  @Override
  void flush(Collector<Long> out) {
    // They have been told.
  }
}
