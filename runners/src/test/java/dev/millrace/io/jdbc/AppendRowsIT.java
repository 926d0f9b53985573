package dev.millrace.io.jdbc;

import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.number;
import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.is;

import dev.millrace.runners.support.SharedStack;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows that are appended, and deduplicated on read, in a real PostgreSQL. */
class AppendRowsIT {
  private static final String LATEST =
      "select meter, day, value, run_id from silver.readings_log_latest order by meter, day";

  private Database database;

  @BeforeEach
  void freshTable() throws SQLException {
    database = SharedStack.freshDatabase("it_append");
    execute(
        database,
        "create table silver.readings_log"
            + " (meter text, day date, value numeric, read_at timestamptz, run_id bigint not null)");
    try (Connection connection = database.connect()) {
      sink(1).createView(connection);
    }
  }

  @Test
  void runTwiceTheViewShowsEachRowOnce() throws SQLException {
    List<Reading> readings =
        List.of(
            Reading.of("m1", "2026-05-04", "1.5", "8"),
            Reading.of("m2", "2026-05-04", "2.5", "8"),
            Reading.of("m1", "2026-05-05", "3.5", "8"));
    run(1, readings);
    List<String> values =
        rows(database, "select meter, day, value from silver.readings_log_latest order by 1, 2");

    run(1, readings);
    run(2, readings);

    assertThat(number(database, "select count(*) from silver.readings_log"), is(9L));
    assertThat(
        rows(database, "select meter, day, value from silver.readings_log_latest order by 1, 2"),
        is(values));
    assertThat(values.size(), is(3));
  }

  @Test
  void newestRunRulesAndInARunTheHighestVersion() throws SQLException {
    run(
        2,
        List.of(
            Reading.of("m1", "2026-05-04", "9", "10"), Reading.of("m1", "2026-05-04", "8", "9")));
    run(1, List.of(Reading.of("m1", "2026-05-04", "7", "23")));

    assertThat(rows(database, LATEST), contains("m1|2026-05-04|9|2"));
  }

  @Test
  void deduplicationRemovesWhatTheViewDoesNotShow() throws SQLException {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      readings.add(Reading.of("m" + i % 20, "2026-05-04", "" + i, "" + i));
    }
    run(1, readings);
    run(1, readings);
    run(3, readings.subList(0, 10));
    List<String> latest = rows(database, LATEST);

    try (Connection connection = database.connect()) {
      assertThat(sink(4).deduplicate(connection), is(50L + 50 + 10 - 20));
      assertThat(sink(4).deduplicate(connection), is(0L));
    }

    assertThat(number(database, "select count(*) from silver.readings_log"), is(20L));
    assertThat(rows(database, LATEST), is(latest));
  }

  private static AppendRows<Reading> sink(long run) {
    return new AppendRows<>(Reading.table("readings_log"), List.of("read_at"), run);
  }

  private void run(long run, List<Reading> readings) {
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    pipeline
        .apply(Create.of(readings).withCoder(SerializableCoder.of(Reading.class)))
        .apply(JdbcRows.write("test", database, sink(run)));
    pipeline.run().waitUntilFinish();
  }
}
