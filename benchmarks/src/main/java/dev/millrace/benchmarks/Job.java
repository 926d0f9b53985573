package dev.millrace.benchmarks;

import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import java.util.List;
import java.util.Locale;

/** The work that is done. */
enum Job {
  /** Events of a region are counted and summed in five minutes, without any guarantee. */
  COUNT("count", "replay", 1),
  /** Events of a region are counted and summed in five minutes, each once. */
  TRAFFIC(TrafficPipeline.NAME, "replay", 1),
  /** The same, and in windows of five minutes every minute, and the users' sessions. */
  TRAFFIC_ALL(TrafficPipeline.NAME, "replay-all", 1),
  /** Orders, each event once, to nowhere. */
  ORDERS(OrdersPipeline.NAME, "replay", 1),
  /** Orders, each event once, into the tables: slower, so with fewer of them. */
  ORDERS_TO_POSTGRES(OrdersPipeline.NAME, "replay-postgres", 5),
  /** Orders that come at a steady rate, into the tables. */
  LIVE(OrdersPipeline.NAME, "live", 1);

  private final String pipeline;
  private final String mode;
  private final int fewer;

  Job(String pipeline, String mode, int fewer) {
    this.pipeline = pipeline;
    this.mode = mode;
    this.fewer = fewer;
  }

  /** The pipeline of the product that does it, if one does. */
  String pipeline() {
    return pipeline;
  }

  /** How the report calls it, beside the pipeline. */
  String mode() {
    return mode;
  }

  /** How many events it is measured with, if the user wants so many. */
  long events(long wanted) {
    return wanted / fewer;
  }

  /** Who does it. */
  List<Contender> contenders() {
    return switch (this) {
      case TRAFFIC -> List.of(Contender.values());
      case ORDERS ->
          List.of(
              Contender.OURS,
              Contender.NATIVE,
              Contender.NATIVE_TUNED,
              Contender.BEAM_PLAIN,
              Contender.BEAM_PLAIN_DEFAULTS);
      case COUNT, TRAFFIC_ALL, ORDERS_TO_POSTGRES, LIVE ->
          List.of(Contender.OURS, Contender.NATIVE);
    };
  }

  boolean isTraffic() {
    return this == TRAFFIC || this == TRAFFIC_ALL;
  }

  static Job parse(String text) {
    return Named.parse(values(), text);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
