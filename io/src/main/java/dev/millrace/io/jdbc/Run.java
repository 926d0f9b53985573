package dev.millrace.io.jdbc;

import dev.millrace.transforms.time.TimeRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A row of {@code ops.runs}.
 *
 * @param number greater than those of all runs before
 * @param pipeline whose
 * @param source what it reads, for a person
 * @param kind {@link #BACKFILL} and so on
 * @param day that a repair answers for, UTC; null for all of time
 * @param state {@link #RUNNING} and so on; null for a run that nobody follows
 * @param who asked for it; null if nobody said
 * @param reason why; null if nobody said
 * @param startedAt by the database's clock
 * @param readFrom what entered the log before this was not read; null: everything was
 * @param readTo nor what entered it from here on; null: everything was
 * @param comparedAt when its tables were last compared with the live ones; null if they weren't
 */
public record Run(
    long number,
    String pipeline,
    String source,
    String kind,
    @Nullable LocalDate day,
    @Nullable String state,
    @Nullable String who,
    @Nullable String reason,
    Instant startedAt,
    @Nullable Instant readFrom,
    @Nullable Instant readTo,
    @Nullable Instant comparedAt) {

  /** A repair into tables of its own. */
  public static final String BACKFILL = "backfill";

  /** A repair that writes the live tables. */
  public static final String BACKFILL_DIRECT = "backfill-direct";

  /** Merges late records. */
  public static final String RECONCILE = "reconcile";

  /** Tries dead letters again. */
  public static final String REPLAY = "replay";

  /** Under way, or killed. */
  public static final String RUNNING = "running";

  /** Everything is written and balances. */
  public static final String DONE = "done";

  /** Gave up; what it wrote into tables of its own is gone. */
  public static final String FAILED = "failed";

  /** Its rows have taken the place of the live ones. */
  public static final String SWAPPED = "swapped";

  /** Its tables are dropped. */
  public static final String DISCARDED = "discarded";

  private static final String COLUMNS =
      "run, pipeline, source, kind, day, state, who, reason, started_at, read_from, read_to, compared_at";

  /** The run of this number. */
  public static Optional<Run> of(Connection connection, long number) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select " + COLUMNS + " from ops.runs where run = ?")) {
      query.setLong(1, number);
      return first(query);
    }
  }

  /** The last run of this kind for a day. */
  public static Optional<Run> last(
      Connection connection, String pipeline, String kind, @Nullable LocalDate day)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            "select "
                + COLUMNS
                + " from ops.runs where pipeline = ? and kind = ? and day is not distinct from ?"
                + " order by run desc limit 1")) {
      query.setString(1, pipeline);
      query.setString(2, kind);
      query.setObject(3, day);
      return first(query);
    }
  }

  private static Optional<Run> first(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      return row.next()
          ? Optional.of(
              new Run(
                  row.getLong(1),
                  row.getString(2),
                  row.getString(3),
                  row.getString(4),
                  row.getObject(5, LocalDate.class),
                  row.getString(6),
                  row.getString(7),
                  row.getString(8),
                  instant(row, 9),
                  instant(row, 10),
                  instant(row, 11),
                  instant(row, 12)))
          : Optional.empty();
    }
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /** The event times that it answers for. */
  public TimeRange range() {
    return day == null ? TimeRange.ALWAYS : TimeRange.of(day);
  }

  /** Where its tables are. */
  public TablePlace place() {
    return kind.equals(BACKFILL) ? TablePlace.shadowOf(number) : TablePlace.LIVE;
  }
}
