package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.TableComparison;
import java.util.List;

/**
 * A comparison of two tables, for a report.
 *
 * @param differences the rows that differ, at most as many as were asked for
 */
record Compared(TableComparison.Result result, List<TableComparison.Difference> differences) {

  /** How many rows that differ aren't among {@link #differences}. */
  long notShown() {
    return result.differences() - differences.size();
  }
}
