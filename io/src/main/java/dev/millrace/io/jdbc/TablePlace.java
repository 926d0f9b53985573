package dev.millrace.io.jdbc;

import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Where a pipeline's tables are: in their own schemas, or in the schema of a run that must not
 * touch the live ones.
 *
 * @param shadow the run's schema for the results; null for the live tables
 * @param letters the schema of the dead letters
 */
public record TablePlace(@Nullable String shadow, String letters) implements Serializable {
  private static final String OPS = "ops";

  /** The live tables. */
  public static final TablePlace LIVE = new TablePlace(null, OPS);

  /** Results into tables of a run's own, dead letters to the others. */
  public static TablePlace shadowOf(long run) {
    return new TablePlace(schemaOf(run), OPS);
  }

  /** The same with dead letters, too, in a table of a run's own. */
  public TablePlace withDeadLettersOf(long run) {
    return new TablePlace(shadow, schemaOf(run));
  }

  private static String schemaOf(long run) {
    return "shadow_" + run;
  }

  /** The schema of a table of results that lives in {@code schema}. */
  public String schema(String schema) {
    return shadow == null ? schema : shadow;
  }

  /** The full name of a table of results. */
  public String name(String schema, String table) {
    return schema(schema) + "." + table;
  }
}
