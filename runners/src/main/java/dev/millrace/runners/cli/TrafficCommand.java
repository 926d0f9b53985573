package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.io.kafka.Delivery;
import dev.millrace.io.kafka.KafkaMessages;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.pipelines.traffic.Output;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.pipelines.traffic.TrafficSinks;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.window.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the traffic pipeline. */
@Command(
    name = "traffic",
    description =
        "Events by region in windows of 5 minutes into gold.events_5m and (one every minute) "
            + "gold.events_sliding, and by user, with gaps of 30 s between them, into gold.sessions; "
            + "what can't be processed into ops.dead_letters, what comes too late into ops.late_records, and "
            + "the accounts into ops.ledger.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Out-of-orderness is 30 s if nothing else is said.",
      "Any other option of the runner is passed on, for example --maxBundleTimeMills=100.",
    })
final class TrafficCommand implements Callable<Integer>, TellsAllMistakes {
  private static final int OUTPUT_PARTITIONS = 4;
  private static final Duration DEFAULT_EARLY_FIRING = Duration.ofSeconds(10);

  @Option(
      names = "--outputs",
      split = ",",
      paramLabel = "5m,sliding,sessions",
      description = "The tables to write. Default: all.")
  private List<String> outputs =
      Output.all().stream().map(Output::option).collect(Collectors.toList());

  @Option(
      names = "--earlyFiring",
      converter = DurationConverter.class,
      description =
          "kafka: how long after a new event a window that isn't over shows a preliminary result."
              + " 0s: never. Default: 10s.")
  private @Nullable Duration earlyFiring;

  @Option(
      names = "--outputTopic",
      paramLabel = "TOPIC",
      description =
          "Send each five-minute result to this topic as well, as JSON, at the brokers of"
              + " --bootstrapServers; made if it isn't there.")
  private @Nullable String outputTopic;

  @Option(
      names = "--delivery",
      paramLabel = "at-least-once|exactly-once|at-most-once",
      description =
          "--outputTopic: acknowledged by all replicas; or in transactions, which are committed with"
              + " the job's checkpoints; or sent and forgotten, for metrics. Default:"
              + " at-least-once.")
  private @Nullable String delivery;

  @Mixin private AdmissionOptions admission;
  @Mixin private PipelineRun run;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>();
    Set<Output> chosen = chosen(mistakes);
    Delivery promised = delivery(mistakes);
    KafkaTopic target = target(chosen, mistakes);
    if (earlyFiring != null && !run.isLive()) {
      mistakes.add("--earlyFiring has a meaning with --source=kafka only");
    }
    AdmissionRule rule = admission.rule(TrafficPipeline.ADMISSION, false, run.isLive(), mistakes);
    return run.call(
        spec,
        new PipelineRun.Traits(
            TrafficPipeline.NAME,
            Duration.ofMillis(TrafficPipeline.OUT_OF_ORDERNESS.getMillis()),
            true,
            false,
            TrafficSinks.tables(chosen)),
        mistakes,
        (pipeline, parts) ->
            TrafficPipeline.build(
                pipeline,
                parts.records(),
                sinks(parts, target, promised),
                new TrafficPipeline.Wish(
                    parts.eventTime(),
                    chosen,
                    run.fitted(rule),
                    early(parts.isLive()),
                    Scope.ALL)));
  }

  private static TrafficSinks sinks(
      PipelineRun.Parts parts, @Nullable KafkaTopic target, Delivery delivery) {
    TrafficSinks tables =
        TrafficSinks.postgres(parts.database(), parts.run(), Version.current(), TablePlace.LIVE);
    if (target == null) {
      return tables;
    }
    System.out.println(
        "Sending results to topic "
            + target.name()
            + (target.create(OUTPUT_PARTITIONS)
                ? ", made with " + OUTPUT_PARTITIONS + " partitions"
                : ", which was there"));
    // Transactions are known by the group; another run's would look like lost state.
    KafkaTopic ofRun = target.withGroup(target.group() + "-run-" + parts.run());
    return tables.withMessages(KafkaMessages.write(ofRun, delivery));
  }

  private @Nullable KafkaTopic target(Set<Output> chosen, List<String> mistakes) {
    if (outputTopic == null) {
      return null;
    }
    if (!chosen.contains(Output.FIVE_MINUTES)) {
      mistakes.add("--outputTopic needs 5m among the --outputs");
    }
    return run.topic(outputTopic, TrafficPipeline.NAME, mistakes);
  }

  private Delivery delivery(List<String> mistakes) {
    if (delivery == null) {
      return Delivery.AT_LEAST_ONCE;
    }
    if (outputTopic == null) {
      mistakes.add("--delivery needs --outputTopic");
    }
    if (delivery.equals("exactly-once") && run.isDirect()) {
      mistakes.add("--delivery=exactly-once needs --runner=FlinkRunner");
    }
    return switch (delivery) {
      case "at-least-once" -> Delivery.AT_LEAST_ONCE;
      case "exactly-once" -> Delivery.EXACTLY_ONCE;
      case "at-most-once" -> Delivery.AT_MOST_ONCE;
      default -> {
        mistakes.add(
            "--delivery="
                + delivery
                + " is none: it is at-least-once, exactly-once or at-most-once");
        yield Delivery.AT_LEAST_ONCE;
      }
    };
  }

  private org.joda.time.@Nullable Duration early(boolean isLive) {
    Duration early = earlyFiring == null ? DEFAULT_EARLY_FIRING : earlyFiring;
    return !isLive || early.isZero() ? null : org.joda.time.Duration.millis(early.toMillis());
  }

  private Set<Output> chosen(List<String> mistakes) {
    Set<Output> chosen = EnumSet.noneOf(Output.class);
    for (String name : outputs) {
      Optional<Output> output =
          Output.all().stream().filter(each -> each.option().equals(name.strip())).findFirst();
      output.ifPresentOrElse(
          chosen::add,
          () -> mistakes.add("--outputs=" + name + " is none: it is 5m, sliding or sessions"));
    }
    return chosen;
  }
}
