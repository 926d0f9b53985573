package dev.millrace.runners.repair;

import dev.millrace.io.jdbc.Repairable;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.pipelines.traffic.Output;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.pipelines.traffic.TrafficRepair;
import dev.millrace.pipelines.traffic.TrafficSinks;
import dev.millrace.transforms.admission.AdmissionRule;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.Pipeline;

/** Days of windows. */
final class RepairedTraffic implements RepairedPipeline {
  private static final Set<Output> OUTPUTS = EnumSet.allOf(Output.class);

  @Override
  public String name() {
    return TrafficPipeline.NAME;
  }

  @Override
  public Repairable tables() {
    return new TrafficRepair();
  }

  @Override
  public List<RequiredTable> required() {
    return TrafficSinks.tables(OUTPUTS);
  }

  @Override
  public AdmissionRule admission() {
    return TrafficPipeline.ADMISSION;
  }

  @Override
  public boolean rerunsWindows() {
    return true;
  }

  @Override
  public Duration reach() {
    return TrafficPipeline.REACH;
  }

  @Override
  public void build(Pipeline pipeline, Parts parts) {
    TrafficPipeline.build(
        pipeline,
        parts.records(),
        TrafficSinks.postgres(parts.database(), parts.run(), parts.version(), parts.place()),
        new TrafficPipeline.Wish(
            parts.eventTime(), OUTPUTS, parts.admission(), null, parts.scope()));
  }
}
