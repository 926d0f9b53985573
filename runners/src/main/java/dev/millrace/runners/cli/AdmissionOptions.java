package dev.millrace.runners.cli;

import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.admission.LatePolicy;
import java.time.Duration;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;

/** Which events count: not twice, and not too late. */
final class AdmissionOptions {
  @Option(
      names = "--allowedLateness",
      converter = DurationConverter.class,
      description =
          "How long after the end of its window an event still counts, in event time; then the"
              + " window's rows become final. Default: 1d (orders), 10m (traffic).")
  private @Nullable Duration allowedLateness;

  @Option(
      names = "--late",
      paramLabel = "drop|side-table|apply",
      description =
          "What becomes of later events, all of them counted: nothing; a row of ops.late_records; or"
              + " (orders only) they count all the same. Default: apply (orders), side-table (traffic).")
  private @Nullable String late;

  @Option(
      names = "--duplicateHorizon",
      converter = DurationConverter.class,
      description =
          "How long an id is remembered, in event time, for example 1h, 24h, 7d or 30d. Another event"
              + " with the id, further away than that, counts as new. Default: 1d (orders), 1h (traffic).")
  private @Nullable Duration duplicateHorizon;

  /**
   * The rule; where nothing is said, that of the pipeline.
   *
   * @param takesLate whether late events can be applied
   * @param isLive whether there can be any
   */
  AdmissionRule rule(
      AdmissionRule otherwise, boolean takesLate, boolean isLive, List<String> mistakes) {
    if (late != null && !isLive) {
      mistakes.add("--late has a meaning with --source=kafka only: in a batch nothing is late");
    }
    org.joda.time.Duration horizon = either(duplicateHorizon, otherwise.horizon());
    if (horizon.isShorterThan(org.joda.time.Duration.standardSeconds(1))) {
      mistakes.add("--duplicateHorizon is too short: it is 1s or more");
      horizon = otherwise.horizon();
    }
    return AdmissionRule.of(
        horizon,
        otherwise.window(),
        either(allowedLateness, otherwise.allowedLateness()),
        late == null ? otherwise.late() : policy(late, takesLate, mistakes));
  }

  private static LatePolicy policy(String late, boolean takesLate, List<String> mistakes) {
    return switch (late) {
      case "drop" -> LatePolicy.DROP;
      case "side-table" -> LatePolicy.SIDE_TABLE;
      case "apply" -> {
        if (!takesLate) {
          mistakes.add(
              "--late=apply can't be: the windows that a late event belongs to are closed. Keep it"
                  + " with --late=side-table, and run the range again");
        }
        yield LatePolicy.APPLY;
      }
      default -> {
        mistakes.add("--late=" + late + " is none: it is drop, side-table or apply");
        yield LatePolicy.DROP;
      }
    };
  }

  private static org.joda.time.Duration either(
      @Nullable Duration given, org.joda.time.Duration otherwise) {
    return given == null ? otherwise : org.joda.time.Duration.millis(given.toMillis());
  }
}
