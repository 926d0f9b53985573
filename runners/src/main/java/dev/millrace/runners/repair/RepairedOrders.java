package dev.millrace.runners.repair;

import dev.millrace.io.jdbc.Repairable;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.pipelines.orders.OrderRepair;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.transforms.admission.AdmissionRule;
import java.time.Duration;
import java.util.List;
import org.apache.beam.sdk.Pipeline;

/** Days of orders. */
final class RepairedOrders implements RepairedPipeline {
  @Override
  public String name() {
    return OrdersPipeline.NAME;
  }

  @Override
  public Repairable tables() {
    return new OrderRepair();
  }

  @Override
  public List<RequiredTable> required() {
    return OrdersPipeline.tables();
  }

  @Override
  public AdmissionRule admission() {
    return OrdersPipeline.ADMISSION;
  }

  @Override
  public boolean rerunsWindows() {
    return false;
  }

  @Override
  public Duration reach() {
    return Duration.ZERO;
  }

  @Override
  public void build(Pipeline pipeline, Parts parts) {
    OrdersPipeline.Sinks sinks =
        OrdersPipeline.Sinks.postgres(
            parts.database(), parts.run(), parts.version(), parts.place());
    OrdersPipeline.build(
        pipeline,
        parts.records(),
        parts.eventTime(),
        parts.isReplay() ? sinks.ofReplay(parts.database(), parts.place()) : sinks,
        parts.admission(),
        parts.scope().records());
  }
}
