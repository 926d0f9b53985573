package dev.millrace.pipelines.traffic;

import java.util.List;

/** A table that the pipeline can write. */
public enum Output {
  /** {@code gold.events_5m}. */
  FIVE_MINUTES("5m", "events_5m"),
  /** {@code gold.events_sliding}. */
  SLIDING("sliding", "events_sliding"),
  /** {@code gold.sessions}. */
  SESSIONS("sessions", "sessions");

  private final String option;
  private final String table;

  Output(String option, String table) {
    this.option = option;
    this.table = table;
  }

  /** All of them. */
  public static List<Output> all() {
    return List.of(values());
  }

  /** The table's name, in the schema gold. */
  public String table() {
    return table;
  }

  /** How the user names it. */
  public String option() {
    return option;
  }
}
