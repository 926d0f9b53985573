package dev.millrace.io.jdbc;

import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Where a pipeline's tables are: in their own schemas, or all of them in the schema of a run that
 * must not touch the live ones.
 *
 * @param shadow the run's schema; null for the live tables
 */
public record TablePlace(@Nullable String shadow) implements Serializable {
  /** The live tables. */
  public static final TablePlace LIVE = new TablePlace(null);

  /** The tables of a run's own. */
  public static TablePlace shadowOf(long run) {
    return new TablePlace("shadow_" + run);
  }

  /** Whether it is not the live tables. */
  public boolean isShadow() {
    return shadow != null;
  }

  /** The schema of a table that lives in {@code schema}. */
  public String schema(String schema) {
    return shadow == null ? schema : shadow;
  }

  /** The full name of a table. */
  public String name(String schema, String table) {
    return schema(schema) + "." + table;
  }
}
