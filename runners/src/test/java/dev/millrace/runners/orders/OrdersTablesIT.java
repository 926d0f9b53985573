package dev.millrace.runners.orders;

import static dev.millrace.runners.support.Tables.assertGoldFollowsSilver;
import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.runners.support.OrderJson;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the pipeline makes of the tables, in a real PostgreSQL. */
class OrdersTablesIT {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Instant LOADED = Instant.parse("2026-05-26T08:00:01Z");

  private Database database;

  @BeforeEach
  void freshTables() {
    database = SharedStack.freshDatabase("it_tables");
  }

  /** SPEC C1: equal event times, so that the loading time decides. */
  @Test
  void olderLoadNeverOverwritesANewerOneAndTheSameLoadChangesNothing() {
    run(record(1, LOADED, order("O-1042", "US", "120.00", EIGHT)));
    List<String> first = rows(database, "select * from silver.orders_clean");

    run(record(1, LOADED, order("O-1042", "US", "120.00", EIGHT)));
    run(record(2, Instant.parse("2026-05-26T07:59:30Z"), order("O-1042", "US", "99.00", EIGHT)));
    assertThat(rows(database, "select * from silver.orders_clean"), is(first));

    run(record(3, LOADED, order("O-9999", "US", "220.00", EIGHT)));
    assertThat(
        rows(database, "select order_id, amount, _loaded_at from silver.orders_clean order by 1"),
        contains("O-1042|120.00|2026-05-26 08:00:01+00", "O-9999|220.00|2026-05-26 08:00:01+00"));
    assertThat(
        rows(database, "select region, order_date, revenue, orders from gold.revenue_by_region"),
        contains("US|2026-05-26|340.00|2"));
  }

  @Test
  void correctionOfRegionAmountAndDayTakesItsOldContributionBack() {
    run(
        record(1, LOADED, order("O-1", "US", "10.125", EIGHT)),
        record(2, LOADED, order("O-2", "US", "1", EIGHT)));
    Instant nextDay = EIGHT.plusSeconds(86_400);

    run(record(3, LOADED, order("O-1", "EU", "11", nextDay)));

    assertThat(
        rows(
            database,
            "select region, order_date, revenue, orders from gold.revenue_by_region order by 1"),
        contains("EU|2026-05-27|11.00|1", "US|2026-05-26|1.00|1"));
    assertGoldFollowsSilver(database);
  }

  @Test
  void goldRowWithoutOrdersIsGone() {
    run(record(1, LOADED, order("O-1", "US", "10", EIGHT)));
    run(record(2, LOADED, order("O-1", "EU", "10", EIGHT.plusMillis(1))));

    assertThat(rows(database, "select region from gold.revenue_by_region"), contains("EU"));
  }

  @Test
  void newestVersionRulesWhateverOrderTheyComeIn() {
    List<RawRecord> versions = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      String amount = Integer.toString(i);
      versions.add(record(i, LOADED, order("O-1", "R" + i % 3, amount, EIGHT.plusMillis(i / 2))));
    }
    Collections.shuffle(versions, new Random(1));

    for (int i = 0; i < 50; i += 10) {
      run(versions.subList(i, i + 10).toArray(new RawRecord[0]));
    }

    assertThat(
        rows(database, "select amount, _source_offset from silver.orders_clean"),
        contains("49.00|49"));
    assertGoldFollowsSilver(database);
  }

  @Test
  void eventTimesAreKeptToTheMicrosecond() {
    run(
        record(1, LOADED, order("O-1", "US", "1", Instant.parse("1970-01-01T00:00:00Z"))),
        record(2, LOADED, order("O-2", "US", "1", Instant.parse("2099-12-31T23:59:59.999999Z"))),
        record(3, LOADED, order("O-3", "US", "1", Instant.parse("2026-05-26T08:00:00.123457Z"))));

    assertThat(
        rows(database, "select event_time, order_date from silver.orders_clean order by order_id"),
        contains(
            "1970-01-01 00:00:00+00|1970-01-01",
            "2099-12-31 23:59:59.999999+00|2099-12-31",
            "2026-05-26 08:00:00.123457+00|2026-05-26"));
  }

  @Test
  void recordWithAnOddTimestampOfItsOwnBecomesADeadLetter() {
    Instant microsTakenForMillis = Instant.ofEpochMilli(1_779_782_401_000_000L);

    run(
        record(1, microsTakenForMillis, order("O-1", "US", "1", EIGHT)),
        record(2, LOADED, order("O-2", "US", "1", EIGHT)));

    assertThat(rows(database, "select order_id from silver.orders_clean"), contains("O-2"));
    assertThat(
        rows(database, "select source_offset, error_class from ops.dead_letters"),
        contains("1|out_of_range"));
  }

  @Test
  void equalSumsAreEqualBytesHoweverTheyWereBatched() {
    run(
        record(1, LOADED, order("O-1", "US", "1.005", EIGHT)),
        record(2, LOADED, order("O-2", "US", "1.005", EIGHT)));
    run(record(3, LOADED, order("O-3", "EU", "1.005", EIGHT)));
    run(record(4, LOADED, order("O-4", "EU", "1.005", EIGHT)));

    assertThat(
        rows(database, "select revenue from gold.revenue_by_region order by region"),
        contains("2.01", "2.01"));
  }

  @Test
  void otherBytesAtTheSamePlaceAreAnotherDeadLetter() {
    RawRecord first = record(1, LOADED, "junk");
    RawRecord second = record(1, LOADED, "other junk");

    run(first);
    run(second);
    run(first);

    assertThat(
        rows(database, "select convert_from(payload, 'UTF8') from ops.dead_letters order by 1"),
        contains("junk", "other junk"));
  }

  @Test
  void boundedRunMakesItsDaysFinalAndALaterCorrectionStillApplies() {
    run(record(1, LOADED, order("O-1", "US", "10", EIGHT)));
    run(record(2, LOADED, order("O-1", "US", "12", EIGHT.plusMillis(1))));

    assertThat(
        rows(database, "select revenue, is_final from gold.revenue_by_region"),
        contains("12.00|t"));
  }

  @Test
  void streamInDisorderLeavesTheTablesOfTheBatch() {
    Instant nextDay = EIGHT.plusSeconds(86_400);
    RawRecord newest = record(1, LOADED, order("O-1", "US", "12", EIGHT.plusSeconds(60)));
    RawRecord older = record(2, LOADED, order("O-1", "EU", "99", EIGHT));
    RawRecord tomorrows = record(3, LOADED, order("O-2", "US", "5", nextDay));
    RawRecord late = record(4, LOADED, order("O-3", "EU", "1", EIGHT));
    TestStream<RawRecord> stream =
        TestStream.create(RawRecordCoder.of())
            .addElements(at(tomorrows, nextDay), at(newest, EIGHT), at(older, EIGHT))
            // The 26th is over, and so is the lateness of a day; the 27th isn't.
            .advanceWatermarkTo(joda(Instant.parse("2026-05-28T00:00:01Z")))
            .addElements(at(late, EIGHT))
            .advanceWatermarkToInfinity();

    run(stream);

    assertThat(
        rows(
            database,
            "select region, order_date, revenue, is_final from gold.revenue_by_region order by 1, 2"),
        contains("EU|2026-05-26|1.00|t", "US|2026-05-26|12.00|t", "US|2026-05-27|5.00|t"));
    assertGoldFollowsSilver(database);
  }

  @Test
  void writersInParallelNeitherDeadlockNorLoseAnything() {
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int writer = 0; writer < 4; writer++) {
      Random random = new Random(writer);
      List<RawRecord> records = new ArrayList<>();
      for (int i = 0; i < 600; i++) {
        Instant time = EIGHT.plusSeconds(random.nextInt(5 * 86_400)).plusNanos(writer * 1_000L);
        records.add(
            record(
                writer * 10_000L + i,
                LOADED,
                order(
                    "O-" + random.nextInt(100),
                    "R" + random.nextInt(5),
                    random.nextInt(100) + "." + random.nextInt(1_000),
                    time)));
      }
      writers.add(CompletableFuture.runAsync(() -> run(records.toArray(new RawRecord[0]))));
    }
    CompletableFuture.allOf(writers.toArray(new CompletableFuture<?>[0])).join();

    assertGoldFollowsSilver(database);
    assertThat(number(database, "select count(*) from silver.orders_clean"), is(100L));
  }

  @Test
  void rowThatTheDatabaseRefusesBecomesADeadLetterAndTheOthersAreWritten() {
    execute(database, "alter table silver.orders_clean add check (region <> 'ATLANTIS')");
    List<RawRecord> records = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      String region = i % 40 == 7 ? "ATLANTIS" : "US";
      records.add(record(i, LOADED, order("O-" + i, region, "1", EIGHT)));
    }

    run(records.toArray(new RawRecord[0]));
    run(records.toArray(new RawRecord[0]));

    assertThat(number(database, "select count(*) from silver.orders_clean"), is(97L));
    assertThat(
        rows(
            database,
            "select stage, error_class, source_offset, attempt from ops.dead_letters"
                + " order by source_offset"),
        contains(
            "write|refused_by_database|7|1",
            "write|refused_by_database|47|1",
            "write|refused_by_database|87|1"));
    assertGoldFollowsSilver(database);
  }

  @Test
  void missingUniqueConstraintIsAnErrorBeforeAnyRowIsWritten() {
    execute(database, "alter table gold.revenue_by_region drop constraint revenue_by_region_pkey");

    Exception e =
        assertThrows(
            Exception.class, () -> run(record(1, LOADED, order("O-1", "US", "10", EIGHT))));

    assertThat(e.toString(), containsString("no unique constraint on (region, order_date)"));
    assertThat(number(database, "select count(*) from silver.orders_clean"), is(0L));
  }

  private void run(RawRecord... records) {
    run(Create.of(List.of(records)).withCoder(RawRecordCoder.of()));
  }

  private void run(PTransform<PBegin, PCollection<RawRecord>> source) {
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    OrdersPipeline.build(
        pipeline,
        new PTransform<>() {
          private static final long serialVersionUID = 1L;

          @Override
          public PCollection<Batch<RawRecord>> expand(PBegin begin) {
            return begin.apply(source).apply(Batches.ofOne());
          }
        },
        EventTime.ofRecord(),
        OrdersPipeline.Sinks.postgres(database, 1, "test", TablePlace.LIVE),
        OrdersPipeline.ADMISSION,
        TimeRange.ALWAYS);
    pipeline.run().waitUntilFinish();
  }

  private static TimestampedValue<RawRecord> at(RawRecord record, Instant time) {
    return TimestampedValue.of(record, joda(time));
  }

  private static org.joda.time.Instant joda(Instant time) {
    return org.joda.time.Instant.ofEpochMilli(time.toEpochMilli());
  }

  private static String order(String id, String region, String amount, Instant time) {
    return OrderJson.order(id, region, amount, time);
  }

  private static RawRecord record(long offset, Instant loadedAt, String json) {
    return new RawRecord(
        null,
        json.getBytes(StandardCharsets.UTF_8),
        List.of(),
        new Origin("kafka", "orders", 0, offset),
        loadedAt);
  }
}
