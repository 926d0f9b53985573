package dev.millrace.io.jdbc;

import dev.millrace.transforms.deadletter.RecordFix;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.io.jdbc.JdbcIO;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/**
 * Records that didn't reach the tables, in {@code ops.dead_letters} or {@code ops.late_records}: to
 * be chosen, tried again, and settled.
 */
public enum KeptRecords {
  /** {@code ops.dead_letters}. */
  DEAD_LETTERS("ops.dead_letters", "failed_at"),
  /** {@code ops.late_records}. */
  LATE_RECORDS("ops.late_records", "event_time");

  private static final int FETCHED_ROWS = 100;

  private final String table;
  private final String time;

  KeptRecords(String table, String time) {
    this.table = table;
    this.time = time;
  }

  /** The table's name. */
  public String table() {
    return table;
  }

  /**
   * Which of them.
   *
   * @param from the first day, UTC, on which a letter failed, or a late record happened; null for
   *     any
   * @param to the last such day
   * @param errorClass of dead letters; null for any
   * @param exceptClass not of this error class; null for any
   * @param stage of dead letters; null for any
   * @param states open, parked and so on
   */
  public record Filter(
      String pipeline,
      @Nullable LocalDate from,
      @Nullable LocalDate to,
      @Nullable String errorClass,
      @Nullable String exceptClass,
      @Nullable String stage,
      List<String> states) {

    /** All that are open. */
    public static Filter open(String pipeline) {
      return new Filter(pipeline, null, null, null, null, null, List.of("open"));
    }
  }

  /** The condition of a row's passing a filter; its parameters come in {@link #set}. */
  public String where(Filter filter) {
    StringBuilder where = new StringBuilder("pipeline = ? and state = any (?)");
    if (filter.from() != null) {
      where.append(" and %s >= ?::date".formatted(time));
    }
    if (filter.to() != null) {
      where.append(" and %s < ?::date + 1".formatted(time));
    }
    if (filter.errorClass() != null) {
      where.append(" and error_class = ?");
    }
    if (filter.exceptClass() != null) {
      where.append(" and error_class <> ?");
    }
    if (filter.stage() != null) {
      where.append(" and stage = ?");
    }
    return where.toString();
  }

  /** Sets the parameters of {@link #where} and returns the number of the next. */
  public int set(PreparedStatement statement, int first, Filter filter) throws SQLException {
    int next = first;
    statement.setString(next++, filter.pipeline());
    statement.setArray(
        next++, statement.getConnection().createArrayOf("text", filter.states().toArray()));
    if (filter.from() != null) {
      statement.setObject(next++, filter.from());
    }
    if (filter.to() != null) {
      statement.setObject(next++, filter.to());
    }
    if (filter.errorClass() != null) {
      statement.setString(next++, filter.errorClass());
    }
    if (filter.exceptClass() != null) {
      statement.setString(next++, filter.exceptClass());
    }
    if (filter.stage() != null) {
      statement.setString(next++, filter.stage());
    }
    return next;
  }

  /**
   * A row, without its payload.
   *
   * @param letter its number
   * @param origin where the record was read
   * @param millis the record's event time, with the fix, in milliseconds since 1970
   */
  public record Kept(long letter, Origin origin, long millis) {}

  /**
   * Those that pass a filter, in the order of their numbers.
   *
   * @param eventTime how they are dated
   * @param fix what is changed in each before; null for nothing
   * @param most how many at most
   */
  public List<Kept> find(
      Connection connection, Filter filter, EventTime eventTime, @Nullable RecordFix fix, int most)
      throws SQLException {
    String sql =
        "select %s, letter from %s where %s order by letter limit %d"
            .formatted(RecordColumns.COLUMNS, table, where(filter), most);
    connection.setAutoCommit(false); // Else all of the payloads would come at once.
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setFetchSize(FETCHED_ROWS);
      set(query, 1, filter);
      List<Kept> found = new ArrayList<>();
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          RawRecord kept = RecordColumns.read(rows);
          RawRecord record = fix == null ? kept : fix.apply(kept);
          found.add(new Kept(rows.getLong(9), record.origin(), millis(record, eventTime)));
        }
      }
      connection.commit();
      return found;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static long millis(RawRecord record, EventTime eventTime) {
    long loaded = record.loadedAt().toEpochMilli();
    long millis = eventTime.find(record.value(), loaded);
    return millis == EventTime.UNUSABLE ? EventTime.fallback(loaded) : millis;
  }

  /** Marks rows that a run is to try again, with what it changes in them. */
  public void choose(Connection connection, List<Long> letters, long run, @Nullable RecordFix fix)
      throws SQLException {
    String sets = this == DEAD_LETTERS ? "replay_run = ?, fix = ?::jsonb" : "replay_run = ?";
    try (PreparedStatement update =
        connection.prepareStatement(
            "update " + table + " set " + sets + " where letter = any (?)")) {
      int next = 1;
      update.setLong(next++, run);
      if (this == DEAD_LETTERS) {
        update.setString(next++, fix == null ? null : fix.patch());
      }
      update.setArray(next, connection.createArrayOf("int8", letters.toArray()));
      update.executeUpdate();
    }
  }

  /** Takes back what {@link #choose} has done, for a run that has come to nothing. */
  public void release(Connection connection, long run) throws SQLException {
    String sets = this == DEAD_LETTERS ? "replay_run = null, fix = null" : "replay_run = null";
    try (Statement update = connection.createStatement()) {
      update.executeUpdate("update " + table + " set " + sets + " where " + chosenFor(run));
    }
  }

  /** Which rows a run is to try again. */
  public static String chosenFor(long run) {
    return "replay_run = " + run;
  }

  /** Which dead letters are in the tables by virtue of a fix: the log has them as they were. */
  public static String repaired(String pipeline) {
    return "pipeline = '" + pipeline + "' and state = 'replayed' and fix is not null";
  }

  /** Which late records happened in a range of time; those that were discarded don't count. */
  public static String in(String pipeline, TimeRange range) {
    String all = "pipeline = '" + pipeline + "' and state <> 'discarded'";
    return range.equals(TimeRange.ALWAYS)
        ? all
        : "%s and event_time >= timestamptz '%s' and event_time < timestamptz '%s'"
            .formatted(
                all, range.start().atOffset(ZoneOffset.UTC), range.end().atOffset(ZoneOffset.UTC));
  }

  /** Where the records of some rows were read. */
  public Set<Origin> origins(Connection connection, String which) throws SQLException {
    Set<Origin> origins = new HashSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select source_system, source_topic, source_partition, source_offset from "
                    + table
                    + " where "
                    + which)) {
      while (rows.next()) {
        origins.add(
            new Origin(rows.getString(1), rows.getString(2), rows.getInt(3), rows.getLong(4)));
      }
    }
    return origins;
  }

  /** Notes that the rows that a run has tried are in the tables. */
  public long reconciled(Connection connection, long run, String who, @Nullable String reason)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update "
                + table
                + " set state = 'reconciled', settled_at = now(), settled_by = ?, reason = ?"
                + " where replay_run = ?")) {
      update.setString(1, who);
      update.setString(2, reason);
      update.setLong(3, run);
      return update.executeUpdate();
    }
  }

  /**
   * Says that rows are done with.
   *
   * @param filter which
   * @return how many
   */
  public long discard(Connection connection, Filter filter, String who, @Nullable String reason)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update "
                + table
                + " set state = 'discarded', settled_at = now(), settled_by = ?, reason = ? where "
                + where(filter))) {
      update.setString(1, who);
      update.setString(2, reason);
      set(update, 3, filter);
      return update.executeUpdate();
    }
  }

  /**
   * A source of the records of some rows, with the changes that are noted there.
   *
   * <ul>
   *   <li>Output: bounded.
   *   <li>Order: none; one worker reads them.
   *   <li>Restart: they are read again.
   *   <li>Guarantee: each once, as it is in the table when it is read.
   * </ul>
   *
   * @param which {@link #chosenFor} and so on
   */
  public PTransform<PBegin, PCollection<Batch<RawRecord>>> read(
      Database database, String which, EventTime eventTime) {
    String fix = this == DEAD_LETTERS ? "fix::text" : "null";
    // Without a space after "from": Beam 2.70 prints the schema that it finds behind one.
    return new Read(
        "select %s, %s from\"%s\" where %s"
            .formatted(RecordColumns.COLUMNS, fix, table.replace(".", "\".\""), which),
        database,
        eventTime);
  }

  private static final class Read extends PTransform<PBegin, PCollection<Batch<RawRecord>>> {
    private static final long serialVersionUID = 1L;

    private final String query;
    private final Database database;
    private final EventTime eventTime;

    Read(String query, Database database, EventTime eventTime) {
      this.query = query;
      this.database = database;
      this.eventTime = eventTime;
    }

    @Override
    public PCollection<Batch<RawRecord>> expand(PBegin begin) {
      Database from = database;
      return begin
          .apply(
              "Query",
              JdbcIO.<RawRecord>read()
                  .withDataSourceProviderFn(nothing -> from.dataSource())
                  .withQuery(query)
                  .withRowMapper(new KeptMapper()))
          .apply("Date", ParDo.of(new DateFn(eventTime)))
          .setCoder(RawRecordCoder.of())
          .apply("Batches", Batches.ofOne());
    }
  }

  /** A class, not a lambda: its type says which coder there is. */
  private static final class KeptMapper implements JdbcIO.RowMapper<RawRecord> {
    private static final long serialVersionUID = 1L;

    @Override
    public RawRecord mapRow(ResultSet row) throws SQLException {
      RawRecord kept = RecordColumns.read(row);
      String fix = row.getString(9);
      return fix == null ? kept : RecordFix.of(fix).apply(kept);
    }
  }

  private static final class DateFn extends DoFn<RawRecord, RawRecord> {
    private static final long serialVersionUID = 1L;

    private final EventTime eventTime;

    DateFn(EventTime eventTime) {
      this.eventTime = eventTime;
    }

    @ProcessElement
    public void process(@Element RawRecord record, OutputReceiver<RawRecord> out) {
      out.outputWithTimestamp(record, Instant.ofEpochMilli(millis(record, eventTime)));
    }
  }
}
