package dev.millrace.runners.cli;

import dev.millrace.pipelines.orders.OrdersPipeline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the orders pipeline. */
@Command(
    name = "orders",
    description = {
      "Orders into silver.orders_clean, and with it gold.revenue_by_region;",
      "what can't be processed into ops.dead_letters.",
    },
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Any other option of the runner is passed on, for example --maxBundleTimeMills=100.",
    })
final class OrdersCommand implements Callable<Integer>, TellsAllMistakes {
  private static final Duration OUT_OF_ORDERNESS = Duration.ofMinutes(1);

  @Option(
      names = "--allowedLateness",
      defaultValue = "1d",
      converter = DurationConverter.class,
      description =
          "How long after its end a day's gold rows stay preliminary (is_final = false), in event"
              + " time. A later correction still applies.")
  private Duration allowedLateness = Duration.ofDays(1);

  @Mixin private PipelineRun run;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return run.call(
        spec,
        new PipelineRun.Traits(
            OrdersPipeline.NAME, OUT_OF_ORDERNESS, false, OrdersPipeline.tables()),
        List.of(),
        (pipeline, parts) ->
            OrdersPipeline.build(
                pipeline,
                parts.records(),
                parts.eventTime(),
                OrdersPipeline.Sinks.postgres(parts.database(), Version.current()),
                org.joda.time.Duration.millis(allowedLateness.toMillis())));
  }
}
