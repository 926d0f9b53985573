package dev.millrace.io.jdbc;

import static dev.millrace.runners.support.Tables.assertSameRows;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.in;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.runners.support.SharedStack;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.io.GenerateSequence;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Large sets merged, and partitions replaced, in one transaction, in a real PostgreSQL. */
class StagedRowsIT {
  private static final TimeRange MAY_4 = TimeRange.of(LocalDate.parse("2026-05-04"));

  private Database database;

  @BeforeEach
  void freshTable() {
    database = SharedStack.freshDatabase("it_staged");
    execute(database, Reading.TABLE);
  }

  @Test
  void mergedTwiceNothingChanges() {
    List<Reading> readings = twoDays();
    run(merge(1), readings);
    List<String> bytes = rows(database, Reading.BYTES);

    run(merge(2), readings);

    assertThat(bytes.size(), is(200));
    assertSameRows("bytes", rows(database, Reading.BYTES), bytes);
    nothingIsStaged();
  }

  @Test
  void mergeReducesKeysThatOccurTwiceAndNeverTakesAnOlderVersion() {
    run(
        merge(1),
        List.of(
            Reading.of("m1", "2026-05-04", "1", "8"),
            Reading.of("m1", "2026-05-04", "3", "10"),
            Reading.of("m1", "2026-05-04", "2", "9"),
            Reading.of("m2", "2026-05-04", "1", "8")));
    assertThat(rows(database, Reading.VALUES), contains("m1|2026-05-04|3", "m2|2026-05-04|1"));

    run(
        merge(2),
        List.of(
            Reading.of("m1", "2026-05-04", "9", "9"), Reading.of("m2", "2026-05-04", "9", "9")));

    assertThat(rows(database, Reading.VALUES), contains("m1|2026-05-04|3", "m2|2026-05-04|9"));
  }

  @Test
  void mergeTouchesItsPartitionsOnly() throws SQLException {
    execute(database, "drop table silver.readings");
    execute(database, Reading.TABLE + " partition by range (day)");
    for (int day = 3; day <= 5; day++) {
      execute(
          database,
          "create table silver.readings_%1$d partition of silver.readings for values from ('2026-05-0%1$d') to ('2026-05-0%2$d')"
              .formatted(day, day + 1));
    }
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock table silver.readings_3, silver.readings_5 in exclusive mode");

      run(merge(1), List.of(Reading.of("m1", "2026-05-04", "1", "8")));

      other.rollback();
    }
    assertThat(rows(database, Reading.VALUES), contains("m1|2026-05-04|1"));
  }

  @Test
  void rowThatTheTableRefusesBecomesADeadLetterAndTheOthersAreMerged() {
    List<Reading> readings = new ArrayList<>(twoDays());
    readings.add(17, Reading.of("broken", "2026-05-04", "-1", "8"));
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    WithFailures.Result<PCollection<Long>, DeadLetter> merged =
        pipeline
            .apply(Create.of(readings).withCoder(SerializableCoder.of(Reading.class)))
            .apply(merge(1).withDeadLetters(StagedRowsIT::record));
    PAssert.that(
            merged
                .failures()
                .apply(
                    MapElements.into(TypeDescriptor.of(String.class))
                        .via(
                            letter -> new String(letter.record().value(), StandardCharsets.UTF_8))))
        .containsInAnyOrder("broken");
    pipeline.run().waitUntilFinish();

    assertThat(rows(database, Reading.BYTES).size(), is(200));
  }

  @Test
  void replacedTwiceNothingChanges() {
    List<Reading> may4 = twoDays().subList(0, 100);
    run(merge(1), twoDays());
    run(replace(2), may4);
    List<String> bytes = rows(database, Reading.BYTES);

    run(replace(3), may4);

    assertSameRows("bytes", rows(database, Reading.BYTES), bytes);
    nothingIsStaged();
  }

  @Test
  void replaceMakesTheDayWhatCameAndLeavesTheOthers() {
    run(merge(1), twoDays());
    String others = Reading.BYTES.replace("r order", "r where day <> '2026-05-04' order");
    List<String> before = rows(database, others);

    run(
        replace(2),
        List.of(
            Reading.of("m1", "2026-05-04", "0.5", "1"), Reading.of("new", "2026-05-04", "7", "1")));

    assertThat(
        rows(
            database,
            "select meter, value from silver.readings where day = '2026-05-04' order by 1"),
        contains("m1|0.5", "new|7"));
    assertSameRows("other days", rows(database, others), before);

    run(replace(3), List.of());

    assertThat(
        rows(database, "select meter from silver.readings where day = '2026-05-04'"), is(empty()));
    assertSameRows("other days", rows(database, others), before);
  }

  @Test
  void readersSeeTheOldPartitionOrTheNewOne() throws Exception {
    run(merge(1), twoDays());
    String day =
        "select count(*) || ' of ' || sum(value) from silver.readings where day = '2026-05-04'";
    String old = rows(database, day).get(0);
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<List<String>> seen =
        CompletableFuture.supplyAsync(
            () -> {
              List<String> each = new ArrayList<>();
              while (!done.get()) {
                each.addAll(rows(database, day));
              }
              return each;
            });
    List<String> right = new ArrayList<>(List.of(old));
    for (int run = 2; run < 8; run++) {
      List<Reading> readings = new ArrayList<>();
      for (int i = 0; i < 300 * run; i++) {
        readings.add(Reading.of("m" + i, "2026-05-04", "" + run, "8"));
      }
      right.add(readings.size() + " of " + readings.size() * run);
      run(replace(run), readings);
    }
    done.set(true);

    assertThat(seen.get(), everyItem(is(in(right))));
    assertThat(rows(database, day), contains(right.get(right.size() - 1)));
  }

  @Test
  void rowOfAnotherDayFailsAndNothingIsReplaced() {
    run(merge(1), twoDays());
    List<String> bytes = rows(database, Reading.BYTES);

    Exception e = assertThrows(Exception.class, () -> run(replace(2), twoDays()));

    assertThat(
        e.toString(),
        containsString(
            "100 rows for silver.readings are not of 2026-05-04T00:00:00Z to 2026-05-05T00:00:00Z, the first of 2026-05-05"));
    assertSameRows("bytes", rows(database, Reading.BYTES), bytes);
    run(replace(3), twoDays().subList(0, 100));
    assertThat(rows(database, Reading.BYTES).size(), is(200));
  }

  /** A bundle that has committed and fails afterwards comes again, without its staged rows. */
  @Test
  void publicationThatComesAgainAfterItsCommitChangesNothing() throws SQLException {
    StagedRows<Reading> replace = replace(1);
    run(replace, twoDays().subList(0, 100));
    List<String> bytes = rows(database, Reading.BYTES);

    run(replace, List.of());

    assertSameRows("bytes", rows(database, Reading.BYTES), bytes);
    nothingIsStaged();
  }

  @Test
  void twoDaysAreReplacedByOneRun() {
    run(merge(1), List.of(Reading.of("old", "2026-05-04", "1", "8")));
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    for (String day : List.of("2026-05-04", "2026-05-05")) {
      pipeline
          .apply(
              "Of" + day,
              Create.of(List.of(Reading.of("m1", day, "2", "8")))
                  .withCoder(SerializableCoder.of(Reading.class)))
          .apply("Replace" + day, replace(2, TimeRange.of(LocalDate.parse(day))));
    }
    pipeline.run().waitUntilFinish();

    assertThat(rows(database, Reading.VALUES), contains("m1|2026-05-04|2", "m1|2026-05-05|2"));
    nothingIsStaged();
  }

  @Test
  void streamIsRefused() {
    PCollection<Reading> stream =
        Pipeline.create(PipelineOptionsFactory.create())
            .apply(GenerateSequence.from(0))
            .apply(
                MapElements.into(TypeDescriptor.of(Reading.class))
                    .via(each -> Reading.of("m" + each, "2026-05-04", "1", "8")));

    Exception e =
        assertThrows(IllegalArgumentException.class, () -> stream.apply("Publish", merge(1)));

    assertThat(e.getMessage(), containsString("publishes at the end of its input"));
  }

  private void nothingIsStaged() {
    assertThat(
        rows(database, "select relname from pg_class where relnamespace = 'staging'::regnamespace"),
        is(empty()));
  }

  private StagedRows<Reading> merge(long run) {
    return StagedRows.merge("test", database, Reading.table("readings"), List.of("read_at"), run);
  }

  private StagedRows<Reading> replace(long run) {
    return replace(run, MAY_4);
  }

  private StagedRows<Reading> replace(long run, TimeRange range) {
    return StagedRows.replace(
        "test",
        database,
        Reading.table("readings"),
        List.of("read_at"),
        "day",
        List.of("_merged_at"),
        range,
        run);
  }

  /** A hundred meters of the fourth, and then of the fifth. */
  private static List<Reading> twoDays() {
    Random random = new Random(4);
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      readings.add(
          Reading.of(
              "m" + i % 100, i < 100 ? "2026-05-04" : "2026-05-05", "" + random.nextInt(99), "8"));
    }
    return readings;
  }

  private static void run(
      PTransform<PCollection<Reading>, WithFailures.Result<PCollection<Long>, DeadLetter>> sink,
      List<Reading> readings) {
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    pipeline.apply(Create.of(readings).withCoder(SerializableCoder.of(Reading.class))).apply(sink);
    pipeline.run().waitUntilFinish();
  }

  private static RawRecord record(Reading reading) {
    return new RawRecord(
        null,
        reading.meter().getBytes(StandardCharsets.UTF_8),
        List.of(),
        new Origin("kafka", "readings", 0, 0),
        Instant.EPOCH);
  }
}
