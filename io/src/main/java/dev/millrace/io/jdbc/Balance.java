package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code ops.ledger} says of a window of a run: every record that was read is somewhere, or it
 * is lost.
 *
 * @param window its start
 * @param closed whether it must balance: nothing that was read can be on its way any more
 * @param read and so on: how many records
 */
public record Balance(
    Instant window,
    boolean closed,
    long read,
    long written,
    long duplicate,
    long deadLetter,
    long late,
    long filtered) {

  private static final String QUERY =
      """
      select window_start, bool_or(stage = 'closed'),
        coalesce(sum(count) filter (where stage = 'read'), 0),
        coalesce(sum(count) filter (where stage = 'written'), 0),
        coalesce(sum(count) filter (where stage = 'duplicate'), 0),
        coalesce(sum(count) filter (where stage = 'dead_letter'), 0),
        coalesce(sum(count) filter (where stage = 'late'), 0),
        coalesce(sum(count) filter (where stage = 'filtered'), 0)
      from ops.ledger where run_id = ? and pipeline = ?
      group by window_start order by window_start
      """;

  /** Repairs are not asked: they are bounded, and hold what they have read of a window. */
  private static final String OPEN =
      """
      select exists (
        select from (
          select distinct on (l.window_start) l.run_id, l.window_start
          from ops.ledger l join ops.runs r on r.run = l.run_id and r.kind = 'run'
          where l.pipeline = ? and l.window_start >= ? and l.window_start < ? and l.stage = 'read'
          order by l.window_start, l.run_id desc) last
        where not exists (
          select from ops.ledger closed
          where closed.run_id = last.run_id and closed.window_start = last.window_start
            and closed.stage = 'closed'))
      """;

  /** The windows of a run, the oldest first. */
  public static List<Balance> of(Connection connection, String pipeline, long run)
      throws SQLException {
    List<Balance> windows = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(QUERY)) {
      query.setLong(1, run);
      query.setString(2, pipeline);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          windows.add(
              new Balance(
                  rows.getObject(1, OffsetDateTime.class).toInstant(),
                  rows.getBoolean(2),
                  rows.getLong(3),
                  rows.getLong(4),
                  rows.getLong(5),
                  rows.getLong(6),
                  rows.getLong(7),
                  rows.getLong(8)));
        }
      }
    }
    return windows;
  }

  /**
   * Why a bounded run, which has nothing on its way any more, can't be trusted, for the user; empty
   * if each of its windows is closed and balances.
   */
  public static Optional<String> problem(Connection connection, String pipeline, long run)
      throws SQLException {
    List<Balance> wrong =
        of(connection, pipeline, run).stream()
            .filter(each -> !each.closed() || each.missing() != 0)
            .toList();
    return wrong.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "run %d doesn't balance in %,d windows, the first begins at %s: see 'bin/millrace audit %s --run=%d'"
                .formatted(run, wrong.size(), wrong.get(0).window(), pipeline, run));
  }

  /** How many records a run has read. */
  public static long read(Connection connection, String pipeline, long run) throws SQLException {
    return of(connection, pipeline, run).stream().mapToLong(Balance::read).sum();
  }

  /**
   * Whether a live run may still write windows between two times: the last run that has read
   * records of a window hasn't closed it.
   */
  public static boolean isOpen(Connection connection, String pipeline, Instant from, Instant to)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(OPEN)) {
      query.setString(1, pipeline);
      query.setObject(2, from.atOffset(ZoneOffset.UTC));
      query.setObject(3, to.atOffset(ZoneOffset.UTC));
      try (ResultSet row = query.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  /** The last run of a pipeline that has accounts; empty if there is none. */
  public static OptionalLong lastRun(Connection connection, String pipeline) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select max(run_id) from ops.ledger where pipeline = ?")) {
      query.setString(1, pipeline);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        long run = row.getLong(1);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(run);
      }
    }
  }

  /** How many records of it are somewhere. */
  public long accounted() {
    return written + duplicate + deadLetter + late + filtered;
  }

  /** Records that are nowhere; negative if there are more than were read. */
  public long missing() {
    return read - accounted();
  }

  /** Whether it must balance and doesn't. */
  public boolean isWrong() {
    return closed && missing() != 0;
  }

  /** The account as an equation, for a person; it holds if nothing is {@link #missing}. */
  public String equation() {
    return "read %,d = written %,d + duplicate %,d + dead letter %,d + late %,d + filtered %,d"
        .formatted(read, written, duplicate, deadLetter, late, filtered);
  }

  /** The sum of both, closed if both are. */
  public Balance plus(Balance other) {
    return new Balance(
        window,
        closed && other.closed,
        read + other.read,
        written + other.written,
        duplicate + other.duplicate,
        deadLetter + other.deadLetter,
        late + other.late,
        filtered + other.filtered);
  }
}
