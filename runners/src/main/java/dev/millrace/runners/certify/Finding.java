package dev.millrace.runners.certify;

import java.util.ArrayList;
import java.util.List;

/**
 * What the comparison of a trial with another one, or with what was sent, has come to.
 *
 * @param about the table, or another thing that must be equal
 * @param trial the name of the trial
 * @param rows how many there must be
 * @param digest of these, or the balance
 * @param differences the first of them, for a person; empty if there are none
 */
record Finding(String about, String trial, int rows, String digest, List<String> differences) {
  static final String ACCOUNTS = "accounts";

  private static final int SHOWN = 3;

  /** Compares rows. */
  static Finding of(String about, Trial expected, Rows right, Trial actual, Rows rows) {
    List<String> differences = new ArrayList<>();
    if (!right.equals(rows)) {
      add(right.without(rows), "only in " + expected.name(), differences);
      add(rows.without(right), "only in " + actual.name(), differences);
      if (differences.isEmpty()) {
        differences.add(
            "%,d rows in %s, %,d in %s"
                .formatted(right.size(), expected.name(), rows.size(), actual.name()));
      }
    }
    return new Finding(about, actual.name(), right.size(), right.digest(), differences);
  }

  private static void add(List<String> rows, String where, List<String> differences) {
    rows.stream().limit(SHOWN).forEach(row -> differences.add(where + ": " + row));
    if (rows.size() > SHOWN) {
      differences.add("%s: %,d more".formatted(where, rows.size() - SHOWN));
    }
  }

  /** Whether there is nothing wrong. */
  boolean isEqual() {
    return differences.isEmpty();
  }
}
