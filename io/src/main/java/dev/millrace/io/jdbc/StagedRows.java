package dev.millrace.io.jdbc;

import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Writes a bounded collection into a table in one transaction: rows are gathered in a table of the
 * run's own in schema {@code staging}, and when all are there they are {@linkplain #merge merged}
 * or {@linkplain #replace put in the place} of what was there.
 *
 * <ul>
 *   <li>Input: bounded; an unbounded one is refused, since it has no end at which to publish.
 *   <li>Output: one element, the number of staged rows, when they are published.
 *   <li>Key and order: none needed. Rows of the same key are reduced to the one with the highest
 *       version first.
 *   <li>Guarantee: readers see all of it or nothing. The table, the mark in {@code
 *       ops.publications} that the run has published it, and the end of the staging table are one
 *       transaction, so a bundle that is tried again changes nothing more. A run that fails before
 *       leaves its staging table behind, and nothing else. Rows that the database refuses become
 *       dead letters (or fail the bundle, if none are asked for).
 * </ul>
 */
public final class StagedRows<T>
    extends PTransform<PCollection<T>, WithFailures.Result<PCollection<Long>, DeadLetter>> {
  private static final long serialVersionUID = 1L;

  private static final AtomicInteger PARTS = new AtomicInteger();

  private final String pipeline;
  private final Database database;
  private final RowWriter<T> staging;
  private final RowWriter<Long> publication;
  private final @Nullable SerializableFunction<T, RawRecord> recordOf;

  private StagedRows(
      String pipeline,
      Database database,
      RowWriter<T> staging,
      RowWriter<Long> publication,
      @Nullable SerializableFunction<T, RawRecord> recordOf) {
    this.pipeline = pipeline;
    this.database = database;
    this.staging = staging;
    this.publication = publication;
    this.recordOf = recordOf;
  }

  /**
   * Inserts rows of new keys, and replaces those whose version is lower. Only rows of the staged
   * keys are read and locked, and of a partitioned table only their partitions. {@code _merged_at}
   * is stamped, if the table has it.
   *
   * @param pipeline the namespace of the metric {@code merged}: rows that are new or newer
   * @param table its key must be a unique constraint
   * @param version the columns that tell which of two rows of a key is newer
   * @param run of {@link Runs}
   */
  public static <T> StagedRows<T> merge(
      String pipeline, Database database, CopiedTable<T> table, List<String> version, long run) {
    Place place = Place.of(table, run);
    return new StagedRows<>(
        pipeline,
        database,
        new Stage<>(table, place.staging()),
        new Merge(table, place, List.copyOf(version)),
        null);
  }

  /**
   * Makes a range of a table equal to what was staged: rows that are missing there go, those that
   * say the same stay as they are. A row outside of the range fails the run.
   *
   * @param pipeline the namespace of the metrics {@code removed}, {@code inserted} and {@code
   *     updated}
   * @param table its key must be a unique constraint
   * @param version the columns that tell which of two staged rows of a key is newer
   * @param partition the column of the range, a date or a timestamptz
   * @param bookkeeping columns in which equal rows may differ
   * @param range what is replaced, also where nothing was staged
   * @param run of {@link Runs}
   */
  public static <T> StagedRows<T> replace(
      String pipeline,
      Database database,
      CopiedTable<T> table,
      List<String> version,
      String partition,
      List<String> bookkeeping,
      TimeRange range,
      long run) {
    Place place = Place.of(table, run);
    DailyTable daily =
        new DailyTable(table.schema(), table.name(), table.key(), partition, bookkeeping);
    return new StagedRows<>(
        pipeline,
        database,
        new Stage<>(table, place.staging()),
        new Replace(table, place, List.copyOf(version), daily, range),
        null);
  }

  /**
   * Makes refused rows dead letters.
   *
   * @param recordOf the record that a row was made of
   */
  public StagedRows<T> withDeadLetters(SerializableFunction<T, RawRecord> recordOf) {
    return new StagedRows<>(pipeline, database, staging, publication, recordOf);
  }

  /**
   * Where the rows of a write are gathered, and by what its publication is known.
   *
   * @param part tells the writes of a run into the same table apart
   */
  private record Place(String staging, long run, int part) implements Serializable {
    static Place of(CopiedTable<?> table, long run) {
      int part = PARTS.incrementAndGet();
      return new Place(
          // What tells it apart first: PostgreSQL cuts names off at 63 bytes.
          "staging.run_%d_%d_%s_%s".formatted(run, part, table.schema(), table.name()), run, part);
    }
  }

  @Override
  public WithFailures.Result<PCollection<Long>, DeadLetter> expand(PCollection<T> rows) {
    if (rows.isBounded() == PCollection.IsBounded.UNBOUNDED) {
      throw new IllegalArgumentException(
          getName() + " publishes at the end of its input, which a stream doesn't have");
    }
    JdbcRows.Write<T> stage = JdbcRows.write(pipeline + ".staging", database, staging);
    WithFailures.Result<PCollection<T>, DeadLetter> staged =
        rows.apply("Stage", recordOf == null ? stage : stage.withDeadLetters(recordOf));
    PCollection<Long> published =
        staged
            .output()
            .apply("AllStaged", Count.globally())
            .apply("Publish", JdbcRows.write(pipeline, database, publication))
            .output();
    return WithFailures.Result.of(published, staged.failures());
  }

  /** Gathers rows. */
  private static final class Stage<T> implements RowWriter<T> {
    private static final long serialVersionUID = 1L;
    private final CopiedTable<T> table;
    private final String staging;

    Stage(CopiedTable<T> table, String staging) {
      this.table = table;
      this.staging = staging;
    }

    @Override
    public List<RequiredTable> tables() {
      return List.of(table.keyed());
    }

    @Override
    public void open(Connection connection) throws SQLException {
      createStaging(connection, staging, table.fullName());
    }

    @Override
    public Map<String, Long> write(Connection connection, List<T> rows) throws SQLException {
      table.copy(connection, staging, rows);
      return Map.of();
    }
  }

  /** Refuses what the table would refuse, but for keys that occur twice. */
  private static void createStaging(Connection connection, String staging, String like)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // Several may want to create it at once.
      statement.execute("select pg_advisory_xact_lock(hashtext('%s'))".formatted(staging));
      statement.execute(
          "create unlogged table if not exists %s (like %s including defaults including constraints)"
              .formatted(staging, like));
    }
  }

  /** What is done once with all that was staged. */
  private abstract static class Publication implements RowWriter<Long> {
    private static final long serialVersionUID = 1L;
    final CopiedTable<?> table;
    final Place place;
    private final List<String> version;

    Publication(CopiedTable<?> table, Place place, List<String> version) {
      this.table = table;
      this.place = place;
      this.version = version;
    }

    @Override
    public List<RequiredTable> tables() {
      return List.of(
          table.keyed(),
          new RequiredTable("ops", "publications", List.of("run", "target", "part")));
    }

    @Override
    public Map<String, Long> write(Connection connection, List<Long> counts) throws SQLException {
      if (!mark(connection)) {
        return Map.of(); // Committed before, by a bundle that is tried again.
      }
      createStaging(
          connection, place.staging(), table.fullName()); // There is none if there are no rows.
      Map<String, Long> done = publish(connection, table.newest(place.staging(), version), version);
      try (Statement statement = connection.createStatement()) {
        statement.execute("drop table " + place.staging());
      }
      return done;
    }

    private boolean mark(Connection connection) throws SQLException {
      try (PreparedStatement mark =
          connection.prepareStatement(
              "insert into ops.publications (run, target, part) values (?, ?, ?)"
                  + " on conflict do nothing")) {
        mark.setLong(1, place.run());
        mark.setString(2, table.fullName());
        mark.setInt(3, place.part());
        return mark.executeUpdate() == 1;
      }
    }

    /** Publishes rows, one of each key. */
    abstract Map<String, Long> publish(Connection connection, String rows, List<String> version)
        throws SQLException;
  }

  private static final class Merge extends Publication {
    private static final long serialVersionUID = 1L;

    Merge(CopiedTable<?> table, Place place, List<String> version) {
      super(table, place, version);
    }

    @Override
    Map<String, Long> publish(Connection connection, String rows, List<String> version)
        throws SQLException {
      List<String> values = new ArrayList<>(table.columns());
      values.removeAll(table.key());
      boolean stamped =
          !values.contains("_merged_at")
              && CopiedTable.hasColumn(connection, table.fullName(), "_merged_at");
      String merge =
          """
          insert into %1$s as t (%2$s)
          select %2$s from %3$s x order by %4$s
          on conflict (%4$s) do update set %5$s%6$s
          where (%7$s) < (%8$s)
          """
              .formatted(
                  table.fullName(),
                  CopiedTable.list(table.columns()),
                  rows,
                  CopiedTable.list(table.key()),
                  CopiedTable.excluded(values),
                  stamped ? ", _merged_at = now()" : "",
                  CopiedTable.list("t", version),
                  CopiedTable.list("excluded", version));
      try (Statement statement = connection.createStatement()) {
        return Map.of("merged", statement.executeLargeUpdate(merge));
      }
    }
  }

  private static final class Replace extends Publication {
    private static final long serialVersionUID = 1L;
    private final DailyTable daily;
    private final TimeRange range;

    Replace(
        CopiedTable<?> table,
        Place place,
        List<String> version,
        DailyTable daily,
        TimeRange range) {
      super(table, place, version);
      this.daily = daily;
      this.range = range;
    }

    @Override
    Map<String, Long> publish(Connection connection, String rows, List<String> version)
        throws SQLException {
      refuseOthers(connection);
      try (Statement statement = connection.createStatement()) {
        statement.execute("lock table %s in share row exclusive mode".formatted(daily.live()));
      }
      Repairable.Changes changes =
          Repairable.replace(connection, daily, daily.rows(TablePlace.LIVE, range), rows);
      return Map.of(
          "removed", changes.removed(),
          "inserted", changes.added(),
          "updated", changes.replaced());
    }

    private void refuseOthers(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet others =
              statement.executeQuery(
                  "select count(*), min(x.%2$s)::text from %1$s x where (%3$s) is not true"
                      .formatted(place.staging(), daily.time(), daily.isIn("x", range)))) {
        others.next();
        if (others.getLong(1) > 0) {
          throw new IllegalStateException(
              "%,d rows for %s are not of %s, the first of %s: nothing was replaced"
                  .formatted(
                      others.getLong(1), daily.live(), range, String.valueOf(others.getString(2))));
        }
      }
    }
  }
}
