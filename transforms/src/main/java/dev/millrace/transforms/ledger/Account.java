package dev.millrace.transforms.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The accounts of one window: how many records each stage has had. Immutable. */
final class Account {
  private final Map<String, Long> counts;

  private Account(Map<String, Long> counts) {
    this.counts = counts;
  }

  static Account of(Map<String, Long> counts) {
    return new Account(counts);
  }

  Map<String, Long> counts() {
    return counts;
  }

  /** With these counted too. */
  Account plus(List<LedgerEntry> entries) {
    Map<String, Long> sums = new HashMap<>(counts);
    entries.forEach(entry -> sums.merge(entry.stage(), entry.count(), Long::sum));
    return new Account(sums);
  }

  /**
   * What a record of the window has come to: with several tables, it is written when each of those
   * that it is meant for has it, and filtered if none is, or if its rows are left out.
   *
   * @param tables with how many of its rows hold the same record; none, if the stages are counted
   *     as they are
   */
  Account across(Map<String, Integer> tables) {
    if (tables.isEmpty()) {
      return this;
    }
    long done = Long.MAX_VALUE;
    long filtered = Long.MAX_VALUE;
    Map<String, Long> all = new HashMap<>(counts);
    for (Map.Entry<String, Integer> table : tables.entrySet()) {
      long notMeant = get(Stage.filtered(table.getKey()));
      long rows = get(Stage.written(table.getKey()));
      long skipped = get(Stage.skipped(table.getKey()));
      all.put(Stage.written(table.getKey()), rows / table.getValue());
      done = Math.min(done, (rows + skipped) / table.getValue() + notMeant);
      filtered = Math.min(filtered, skipped / table.getValue() + notMeant);
    }
    all.put(Stage.FILTERED, get(Stage.FILTERED) + filtered);
    all.put(Stage.WRITTEN, done - filtered);
    return new Account(all);
  }

  /** Whether every record that was read is somewhere. */
  boolean isBalanced() {
    return get(Stage.READ)
        == get(Stage.WRITTEN)
            + get(Stage.DUPLICATE)
            + get(Stage.DEAD_LETTER)
            + get(Stage.LATE)
            + get(Stage.FILTERED);
  }

  /** A line for each stage that has another count than it had before. */
  List<LedgerEntry> changesSince(Account before, long windowStart) {
    List<LedgerEntry> changes = new ArrayList<>();
    counts.forEach(
        (stage, count) -> {
          if (before.get(stage) != count) {
            changes.add(new LedgerEntry(stage, windowStart, count));
          }
        });
    return changes;
  }

  private long get(String stage) {
    return counts.getOrDefault(stage, 0L);
  }
}
