package dev.millrace.pipelines.traffic;

import java.util.List;

/** A table that the pipeline can write. */
public enum Output {
  /** {@code gold.events_5m}. */
  FIVE_MINUTES("5m"),
  /** {@code gold.events_sliding}. */
  SLIDING("sliding"),
  /** {@code gold.sessions}. */
  SESSIONS("sessions");

  private final String option;

  Output(String option) {
    this.option = option;
  }

  /** All of them. */
  public static List<Output> all() {
    return List.of(values());
  }

  /** How the user names it. */
  public String option() {
    return option;
  }
}
