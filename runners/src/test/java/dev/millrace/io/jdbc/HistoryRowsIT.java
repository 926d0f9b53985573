package dev.millrace.io.jdbc;

import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.runners.support.SharedStack;
import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A customers dimension of type 2, in a real PostgreSQL. */
class HistoryRowsIT {
  private static final String PERIODS =
      """
      select customer_id, segment, to_char(valid_from, 'DD'),
        case when valid_to = 'infinity' then 'now' else to_char(valid_to, 'DD') end, is_current
      from silver.customers order by customer_id, valid_from
      """;

  private static final String BYTES =
      "select xmin, c.* from silver.customers c order by customer_id, valid_from";

  /** Periods of a key that overlap; currents beside others; keys with changes but no period. */
  private static final String WRONG =
      """
      select a.customer_id from silver.customers a join silver.customers b using (customer_id)
      where a.valid_from < b.valid_from and a.valid_to > b.valid_from
      union all
      select customer_id from silver.customers group by 1 having count(*) filter (where is_current) > 1
      union all
      select customer_id from silver.customers
      where valid_from >= valid_to or is_current <> (valid_to = 'infinity')
      """;

  /** The state at the time of a change is what it told, whatever else came. */
  private static final String UNTOLD =
      """
      select c.* from silver.customer_changes c left join silver.customers h
        on h.customer_id = c.customer_id and h.valid_from <= c.valid_from
        and c.valid_from < h.valid_to
      where h.segment is distinct from case when c.is_deleted then null else c.segment end
      """;

  private Database database;

  private record Change(
      String customer, String segment, Instant from, boolean deleted, long version)
      implements Serializable {}

  @BeforeEach
  void freshTables() {
    database = SharedStack.freshDatabase("it_history");
    execute(
        database,
        """
        create table silver.customer_changes (
          customer_id text collate "C", valid_from timestamptz, segment text,
          is_deleted boolean not null, version bigint not null,
          primary key (customer_id, valid_from))
        """);
    execute(
        database,
        """
        create table silver.customers (
          customer_id text collate "C", segment text, valid_from timestamptz,
          valid_to timestamptz not null, is_current boolean not null,
          _merged_at timestamptz not null default now(),
          primary key (customer_id, valid_from))
        """);
  }

  @Test
  void eachChangeEndsThePeriodBefore() {
    run(change("c1", "basic", 1), change("c1", "gold", 10), change("c2", "basic", 5));

    assertThat(
        rows(database, PERIODS),
        contains("c1|basic|01|10|f", "c1|gold|10|now|t", "c2|basic|05|now|t"));
  }

  @Test
  void runTwiceNothingChanges() {
    Change[] changes = random(1, 300).toArray(new Change[0]);
    run(changes);
    List<String> bytes = rows(database, BYTES);

    run(changes);

    assertSameRows("history", rows(database, BYTES), bytes);
  }

  @Test
  void lateChangeDividesThePeriodThatItFallsInto() {
    run(change("c1", "basic", 1), change("c1", "gold", 10));

    run(change("c1", "silver", 4));

    assertThat(
        rows(database, PERIODS),
        contains("c1|basic|01|04|f", "c1|silver|04|10|f", "c1|gold|10|now|t"));
  }

  @Test
  void correctionReplacesWhatWasToldAndAnOlderOneDoesNot() {
    run(change("c1", "basic", 1), new Change("c1", "gold", may(10), false, 5));

    run(new Change("c1", "silver", may(10), false, 6));
    run(new Change("c1", "junk", may(10), false, 4));

    assertThat(rows(database, PERIODS), contains("c1|basic|01|10|f", "c1|silver|10|now|t"));
  }

  @Test
  void stateThatIsToldAgainMakesNoPeriodButIsRemembered() {
    run(change("c1", "basic", 1), change("c1", "basic", 5), change("c1", "basic", 9));
    assertThat(rows(database, PERIODS), contains("c1|basic|01|now|t"));

    run(change("c1", "gold", 3));

    assertThat(
        "on the fifth it was basic again",
        rows(database, PERIODS),
        contains("c1|basic|01|03|f", "c1|gold|03|05|f", "c1|basic|05|now|t"));
  }

  @Test
  void correctionThatMakesTwoPeriodsEqualJoinsThem() {
    run(change("c1", "basic", 1), change("c1", "gold", 5), change("c1", "basic", 9));

    run(new Change("c1", "basic", may(5), false, 99));

    assertThat(rows(database, PERIODS), contains("c1|basic|01|now|t"));
  }

  @Test
  void deletedKeyHasNoPeriodUntilItIsToldAgain() {
    run(change("c1", "basic", 1), new Change("c1", null, may(5), true, 1));
    assertThat(rows(database, PERIODS), contains("c1|basic|01|05|f"));

    run(change("c1", "basic", 9));

    assertThat(rows(database, PERIODS), contains("c1|basic|01|05|f", "c1|basic|09|now|t"));
  }

  @Test
  void historyDoesNotDependOnTheOrderOfArrival() {
    List<Change> changes = random(2, 400);
    run(changes.toArray(new Change[0]));
    List<String> right = rows(database, PERIODS);
    assertThat(rows(database, WRONG), is(empty()));
    assertThat(rows(database, UNTOLD), is(empty()));

    for (int seed = 0; seed < 3; seed++) {
      freshTables();
      Collections.shuffle(changes, new Random(seed));
      for (int i = 0; i < changes.size(); i += 40) {
        run(changes.subList(i, i + 40).toArray(new Change[0]));
      }
      assertSameRows("periods", rows(database, PERIODS), right);
    }
  }

  @Test
  void writersInParallelLoseNothing() {
    List<Change> changes = random(3, 400);
    run(changes.toArray(new Change[0]));
    List<String> right = rows(database, PERIODS);
    freshTables();

    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int writer = 0; writer < 4; writer++) {
      Change[] its = changes.subList(writer * 100, writer * 100 + 100).toArray(new Change[0]);
      writers.add(CompletableFuture.runAsync(() -> run(its)));
    }
    CompletableFuture.allOf(writers.toArray(new CompletableFuture<?>[0])).join();

    assertSameRows("periods", rows(database, PERIODS), right);
  }

  @Test
  void missingKeyIsAnErrorBeforeAnyRowIsWritten() {
    execute(database, "alter table silver.customers drop constraint customers_pkey");

    assertThrows(Exception.class, () -> run(change("c1", "basic", 1)));

    assertThat(rows(database, "select * from silver.customer_changes"), is(empty()));
  }

  private static Instant may(int day) {
    return Instant.parse("2026-05-%02dT00:00:00Z".formatted(day));
  }

  private static Change change(String customer, String segment, int day) {
    return new Change(customer, segment, may(day), false, 1);
  }

  /** Changes of few customers, times and states, so that all that can happen does. */
  private static List<Change> random(int seed, int changes) {
    Random random = new Random(seed);
    List<Change> all = new ArrayList<>();
    for (int i = 0; i < changes; i++) {
      boolean deleted = random.nextInt(8) == 0;
      all.add(
          new Change(
              "c" + random.nextInt(7),
              deleted ? null : List.of("basic", "silver", "gold").get(random.nextInt(3)),
              may(1 + random.nextInt(28)),
              deleted,
              i));
    }
    return all;
  }

  private void run(Change... changes) {
    CopiedTable<Change> table =
        new CopiedTable<>(
            "silver",
            "customer_changes",
            List.of("customer_id", "valid_from"),
            List.of("customer_id", "valid_from", "segment", "is_deleted", "version"),
            (change, copy) -> {
              copy.text(change.customer());
              copy.timestamp(change.from());
              copy.text(change.segment());
              copy.bool(change.deleted());
              copy.bigint(change.version());
            });
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    pipeline
        .apply(Create.of(List.of(changes)).withCoder(SerializableCoder.of(Change.class)))
        .apply(
            JdbcRows.write(
                "test",
                database,
                new HistoryRows<>(table, "customers", List.of("segment"), List.of("version"))));
    pipeline.run().waitUntilFinish();
  }
}
