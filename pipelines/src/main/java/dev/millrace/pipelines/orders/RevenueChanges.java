package dev.millrace.pipelines.orders;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one transaction's changes of silver add to each row of gold. */
final class RevenueChanges {

  /** To be added to one row of gold; {@code orders} may be negative or 0. */
  record Change(String region, LocalDate orderDate, BigDecimal revenue, long orders) {}

  private record Key(String region, LocalDate orderDate) {}

  private final Map<Key, Change> changes =
      new TreeMap<>(Comparator.comparing(Key::region).thenComparing(Key::orderDate));

  void add(String region, LocalDate orderDate, BigDecimal amount) {
    merge(new Change(region, orderDate, amount, 1));
  }

  void subtract(String region, LocalDate orderDate, BigDecimal amount) {
    merge(new Change(region, orderDate, amount.negate(), -1));
  }

  boolean isEmpty() {
    return list().isEmpty();
  }

  /**
   * In the order of the keys, in which all writers take their locks; without those of no effect.
   */
  List<Change> list() {
    return changes.values().stream()
        .filter(change -> change.orders() != 0 || change.revenue().signum() != 0)
        .toList();
  }

  private void merge(Change change) {
    changes.merge(
        new Key(change.region(), change.orderDate()),
        change,
        (a, b) ->
            new Change(
                a.region(), a.orderDate(), a.revenue().add(b.revenue()), a.orders() + b.orders()));
  }
}
