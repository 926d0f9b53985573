package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.KeptRecords;
import dev.millrace.runners.repair.RepairedPipeline;
import java.time.LocalDate;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which dead letters, or late records. */
final class KeptOptions {

  @Parameters(paramLabel = "PIPELINE", description = "orders or traffic.")
  private @Nullable String pipeline;

  @Option(
      names = "--from",
      paramLabel = "DAY",
      converter = DayConverter.class,
      description =
          "Those that failed (dead letters) or happened (late records) on this day, UTC, or later.")
  private @Nullable LocalDate from;

  @Option(
      names = "--to",
      paramLabel = "DAY",
      converter = DayConverter.class,
      description = "And on this day or earlier.")
  private @Nullable LocalDate to;

  @Option(
      names = "--class",
      paramLabel = "CLASS",
      description = "Dead letters of this error class.")
  private @Nullable String errorClass;

  @Option(names = "--stage", paramLabel = "STAGE", description = "Dead letters of this stage.")
  private @Nullable String stage;

  /** The pipeline; null if there is a mistake, which is added. */
  @Nullable RepairedPipeline pipeline(List<String> mistakes) {
    return Repairs.pipeline(pipeline, mistakes);
  }

  /** The filter. */
  KeptRecords.Filter filter(KeptRecords kept, List<String> states, List<String> mistakes) {
    return filter(kept, states, null, mistakes);
  }

  /**
   * The filter.
   *
   * @param exceptClass an error class that must be asked for by its name
   */
  KeptRecords.Filter filter(
      KeptRecords kept, List<String> states, @Nullable String exceptClass, List<String> mistakes) {
    if (from != null && to != null && from.isAfter(to)) {
      mistakes.add("--from=%s is after --to=%s: turn them round".formatted(from, to));
    }
    if (kept == KeptRecords.LATE_RECORDS && (errorClass != null || stage != null)) {
      mistakes.add("--class and --stage are of dead letters");
    }
    return new KeptRecords.Filter(
        String.valueOf(pipeline),
        from,
        to,
        errorClass,
        errorClass == null ? exceptClass : null,
        stage,
        states);
  }
}
