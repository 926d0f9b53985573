package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.time.TimeRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs the orders pipeline. */
@Command(
    name = "orders",
    description =
        "Orders into silver.orders_clean, and with it gold.revenue_by_region; "
            + "what can't be processed into ops.dead_letters, what comes too late (with --late=side-table) "
            + "into ops.late_records, and the accounts into ops.ledger.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Any other option of the runner is passed on, for example --maxBundleTimeMills=100.",
    })
final class OrdersCommand implements Callable<Integer>, TellsAllMistakes {
  private static final Duration OUT_OF_ORDERNESS = Duration.ofMinutes(1);

  @Mixin private AdmissionOptions admission;
  @Mixin private PipelineRun run;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>();
    AdmissionRule rule = admission.rule(OrdersPipeline.ADMISSION, true, run.isLive(), mistakes);
    return run.call(
        spec,
        new PipelineRun.Traits(
            OrdersPipeline.NAME, OUT_OF_ORDERNESS, false, false, OrdersPipeline.tables()),
        mistakes,
        (pipeline, parts) ->
            OrdersPipeline.build(
                pipeline,
                parts.records(),
                parts.eventTime(),
                OrdersPipeline.Sinks.postgres(
                    parts.database(), parts.run(), Version.current(), TablePlace.LIVE),
                run.fitted(rule),
                TimeRange.ALWAYS));
  }
}
