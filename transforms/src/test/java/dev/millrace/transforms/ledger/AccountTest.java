package dev.millrace.transforms.ledger;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.is;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AccountTest {

  @Test
  void countsAddUpByStageAndOnlyWhatHasChangedIsTold() {
    Account nothing = Account.of(Map.of());
    Account before = nothing.plus(List.of(entry(Stage.READ, 3), entry(Stage.WRITTEN, 1)));
    Account after = before.plus(List.of(entry(Stage.READ, 2)));

    assertThat(
        before.changesSince(nothing, 300_000),
        containsInAnyOrder(
            new LedgerEntry(Stage.READ, 300_000, 3), new LedgerEntry(Stage.WRITTEN, 300_000, 1)));
    assertThat(
        after.changesSince(before, 300_000), contains(new LedgerEntry(Stage.READ, 300_000, 5)));
  }

  @Test
  void everyRecordSomewhereIsBalanced() {
    Account account =
        Account.of(
            Map.of(
                Stage.READ, 15L,
                Stage.ADMITTED, 8L,
                Stage.WRITTEN, 5L,
                Stage.DUPLICATE, 4L,
                Stage.DEAD_LETTER, 3L,
                Stage.LATE, 2L,
                Stage.FILTERED, 1L));

    assertThat(account.isBalanced(), is(true));
    assertThat(account.plus(List.of(entry(Stage.READ, 1))).isBalanced(), is(false));
    assertThat(account.plus(List.of(entry(Stage.WRITTEN, 1))).isBalanced(), is(false));
  }

  @Test
  void ofSeveralTablesTheLastOneToHaveARecordMakesItWritten() {
    Account account =
        Account.of(
                Map.of(
                    Stage.written("a"), 50L, //
                    Stage.written("b"), 7L, //
                    Stage.filtered("b"), 2L))
            .across(Map.of("a", 5, "b", 1));

    assertThat(account.counts().get(Stage.written("a")), is(10L));
    assertThat(account.counts().get(Stage.WRITTEN), is(9L));
    assertThat(account.counts().get(Stage.FILTERED), is(0L));
  }

  @Test
  void whatNoTableIsMeantForIsFiltered() {
    Account account =
        Account.of(Map.of(Stage.written("b"), 7L, Stage.filtered("b"), 2L)).across(Map.of("b", 1));

    assertThat(account.counts().get(Stage.WRITTEN), is(7L));
    assertThat(account.counts().get(Stage.FILTERED), is(2L));
  }

  /** A repair that leaves windows alone: their rows are not written, but not missing either. */
  @Test
  void rowsThatAreSkippedCompleteARecordAndAreFiltered() {
    Account account =
        Account.of(Map.of(Stage.written("b"), 6L, Stage.skipped("b"), 4L)).across(Map.of("b", 5));

    assertThat(account.counts().get(Stage.WRITTEN), is(2L));
    assertThat(account.counts().get(Stage.FILTERED), is(0L));
    Account allSkipped =
        Account.of(Map.of(Stage.written("b"), 5L, Stage.skipped("b"), 10L)).across(Map.of("b", 5));
    assertThat(allSkipped.counts().get(Stage.WRITTEN), is(1L));
    assertThat(allSkipped.counts().get(Stage.FILTERED), is(2L));
  }

  private static LedgerEntry entry(String stage, long count) {
    return new LedgerEntry(stage, 0, count);
  }
}
