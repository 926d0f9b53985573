package dev.millrace.transforms.ledger;

/**
 * The stages of the accounts. They balance, for each window of each run, if
 *
 * <pre>read = written + duplicate + dead_letter + late + filtered</pre>
 */
public final class Stage {
  /** Delivered by the source. */
  public static final String READ = "read";

  /** Neither duplicate nor late nor conflicting. */
  public static final String ADMITTED = "admitted";

  /** Its id was admitted before. */
  public static final String DUPLICATE = "duplicate";

  /** Too late, and not applied. */
  public static final String LATE = "late";

  /** Too late, and applied all the same: it is among the written, too. */
  public static final String LATE_APPLIED = "late_applied";

  /** Could not be processed, conflicting ones included. */
  public static final String DEAD_LETTER = "dead_letter";

  /** Outside of what the run answers for, or admitted, but not meant for any table. */
  public static final String FILTERED = "filtered";

  /** Admitted, and flushed into every table that it is meant for. */
  public static final String WRITTEN = "written";

  /** Not a count: 1 for a window whose accounts must balance. */
  public static final String CLOSED = "closed";

  private static final String SKIPPED = "skipped";
  private static final String OF_TABLE = ":";

  private Stage() {}

  /** Flushed into one of several tables. */
  public static String written(String table) {
    return WRITTEN + OF_TABLE + table;
  }

  /** Admitted, but not meant for one of several tables. */
  public static String filtered(String table) {
    return FILTERED + OF_TABLE + table;
  }

  /** In a row of one of several tables that is left out: the run doesn't answer for its window. */
  public static String skipped(String table) {
    return SKIPPED + OF_TABLE + table;
  }
}
