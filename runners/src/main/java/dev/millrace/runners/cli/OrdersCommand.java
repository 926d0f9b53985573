package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.runners.launch.Launch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
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

  @Mixin private SourceOptions source;

  @Option(
      names = "--allowedLateness",
      defaultValue = "1d",
      converter = DurationConverter.class,
      description =
          "How long after its end a day's gold rows stay preliminary (is_final = false), in event"
              + " time. A later correction still applies.")
  private Duration allowedLateness = Duration.ofDays(1);

  @Mixin private DatabaseOptions database;
  @Mixin private RunnerOptions runner;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsing(spec));
    Source chosen = source.source(OrdersPipeline.NAME, Duration.ofMinutes(1), mistakes);
    EventTime eventTime = source.eventTime(mistakes);
    Database target = database.database(mistakes);
    Launch launch =
        runner.launch(
            OrdersPipeline.NAME, spec.commandLine().getParseResult().unmatched(), mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    Databases.check(target, OrdersPipeline.tables());
    launch
        .unreachable()
        .ifPresent(
            reason -> {
              throw new FailedException(List.of(reason));
            });
    PTransform<PBegin, PCollection<RawRecord>> records = chosen.open().get();
    System.out.println("Reading " + chosen.description());
    System.out.println("Writing " + target.url() + Addresses.note(target.url()));
    return launch.run(
        pipeline ->
            OrdersPipeline.build(
                pipeline,
                records,
                eventTime,
                OrdersPipeline.Sinks.postgres(target, Version.current()),
                org.joda.time.Duration.millis(allowedLateness.toMillis())),
        chosen.progress());
  }
}
