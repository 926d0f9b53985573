package dev.millrace.pipelines.traffic;

import static dev.millrace.runners.support.Tables.rows;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.RowWriter;
import dev.millrace.io.jdbc.RunAttempt;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Tables;
import dev.millrace.transforms.window.EventCounts;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.WindowResult;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.windowing.PaneInfo.Timing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which results become rows of a real database, and which give way. */
class TrafficTablesIT {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final String WINDOWS =
      "select count, pane, is_final, _run from gold.events_5m order by 1";
  private static final String SESSIONS =
      """
      select extract(epoch from session_start - '2026-05-26T08:00:00Z')::int || '-'
        || extract(epoch from session_end - '2026-05-26T08:00:00Z')::int, events, is_final
      from gold.sessions order by session_start
      """;

  private static Database database;

  private final List<RowWriter<?>> open = new ArrayList<>();

  @BeforeAll
  static void makeTables() {
    database = SharedStack.freshDatabase("it_traffic_tables");
  }

  @BeforeEach
  void empty() {
    Tables.execute(database, "truncate gold.events_5m, gold.sessions");
  }

  @AfterEach
  void closeWriters() {
    open.forEach(RowWriter::close);
  }

  // Windows.

  @Test
  void laterPaneReplacesAnEarlierOneAndNeverTheOtherWayRound() throws SQLException {
    WindowRows writer = windows(1);
    write(writer, window(5, 1, false));
    write(writer, window(3, 0, false));
    assertThat(rows(database, WINDOWS), contains("5|1|f|1"));

    write(writer, window(7, 2, false), window(6, 1, false));
    assertThat(rows(database, WINDOWS), contains("7|2|f|1"));
  }

  @Test
  void anAttemptAfterARestartReplacesRowsThoughItsPanesCountFromTheCheckpoint()
      throws SQLException {
    WindowRows before = windows(1);
    write(before, window(9, 4, false));
    WindowRows after = afterRestart(1, windowsOf(1));

    write(after, window(8, 3, false));
    assertThat(rows(database, WINDOWS), contains("8|3|f|1"));
    write(before, window(9, 5, false)); // A worker that doesn't know yet that it was given up.
    assertThat(rows(database, WINDOWS), contains("8|3|f|1"));
  }

  @Test
  void finalWindowIsChangedByALaterRunOnly() throws SQLException {
    WindowRows second = windows(2);
    write(second, window(5, 1, true));
    write(second, window(6, 2, false));
    write(afterRestart(2, windowsOf(2)), window(6, 3, false));
    write(windows(1), window(6, 4, true));
    assertThat(rows(database, WINDOWS), contains("5|1|t|2"));

    write(windows(3), window(6, 0, false));
    assertThat(rows(database, WINDOWS), contains("6|0|f|3"));
  }

  @Test
  void finalWindowOfALostAttemptIsReplacedByAFinalOneOnly() throws SQLException {
    WindowRows before = windows(1);
    write(before, window(5, 1, true));
    WindowRows after = afterRestart(1, windowsOf(1));

    write(after, window(4, 0, false));
    assertThat(rows(database, WINDOWS), contains("5|1|t|1"));
    write(after, window(4, 1, true));
    assertThat(rows(database, WINDOWS), contains("4|1|t|1"));
    write(before, window(5, 2, true));
    assertThat(rows(database, WINDOWS), contains("4|1|t|1"));
  }

  @Test
  void finalSessionOfALostAttemptIsReplacedByFinalOnesOnly() throws SQLException {
    SessionRows before = session(1);
    write(before, visits(0, 100, 9, 1, true));
    SessionRows after = afterRestart(1, sessionsOf(1));

    write(after, visits(60, 130, 4, 0, false));
    write(after, visits(0, 40, 3, 0, false));
    assertThat(rows(database, SESSIONS), contains("0-100|9|t"));
    write(after, visits(60, 130, 4, 1, true));
    assertThat(rows(database, SESSIONS), contains("60-130|4|t"));
    write(after, visits(0, 40, 3, 1, true));
    write(before, visits(0, 100, 9, 2, true));
    assertThat(rows(database, SESSIONS), contains("0-40|3|t", "60-130|4|t"));
  }

  @Test
  void sameResultsAgainChangeNoRow() throws SQLException {
    WindowRows writer = windows(1);
    write(writer, window(5, 1, true));
    write(session(1), visits(0, 40, 2, 0, true));
    List<String> before = rows(database, "select xmin::text from gold.events_5m");
    List<String> sessions = rows(database, "select xmin::text from gold.sessions");

    write(writer, window(5, 1, true));
    write(session(1), visits(0, 40, 2, 0, true));
    assertThat(rows(database, "select xmin::text from gold.events_5m"), is(before));
    assertThat(rows(database, "select xmin::text from gold.sessions"), is(sessions));
  }

  // Sessions.

  @Test
  void mergedSessionRemovesTheRowsItHasSwallowed() throws SQLException {
    SessionRows writer = session(1);
    write(writer, visits(0, 40, 2, 0, false), visits(60, 90, 1, 0, false));
    write(writer, visits(200, 230, 1, 0, false));
    assertThat(rows(database, SESSIONS), contains("0-40|2|f", "60-90|1|f", "200-230|1|f"));

    write(writer, visits(0, 95, 4, 0, false));
    assertThat(rows(database, SESSIONS), contains("0-95|4|f", "200-230|1|f"));
    write(writer, visits(0, 230, 6, 0, true));
    assertThat(rows(database, SESSIONS), contains("0-230|6|t"));
  }

  @Test
  void mergedSessionMayBeginEarlier() throws SQLException {
    SessionRows writer = session(1);
    write(writer, visits(20, 50, 1, 0, false));
    write(writer, visits(0, 50, 2, 0, false));

    assertThat(rows(database, SESSIONS), contains("0-50|2|f"));
  }

  @Test
  void finalSessionStaysBesideOneThatOverlapsIt() throws SQLException {
    SessionRows writer = session(1);
    write(writer, visits(0, 40, 2, 0, false));
    // A late event at 39 s found the first session closed, and began another.
    write(writer, visits(0, 40, 2, 1, true), visits(39, 69, 1, 0, false));
    assertThat(rows(database, SESSIONS), contains("0-40|2|t", "39-69|1|f"));

    write(writer, visits(39, 69, 1, 1, true));
    assertThat(rows(database, SESSIONS), contains("0-40|2|t", "39-69|1|t"));
  }

  @Test
  void sessionWithinAFinalOneIsNotWritten() throws SQLException {
    SessionRows writer = session(1);
    write(writer, visits(0, 100, 9, 0, true));

    write(writer, visits(20, 50, 1, 0, false));
    write(writer, visits(20, 50, 1, 1, true));
    assertThat(rows(database, SESSIONS), contains("0-100|9|t"));
  }

  @Test
  void earlierRunWritesNothingWhereALaterOneHas() throws SQLException {
    write(session(1), visits(0, 40, 2, 0, false));
    write(session(2), visits(30, 90, 5, 0, true));
    assertThat(rows(database, SESSIONS), contains("30-90|5|t"));

    write(session(1), visits(0, 40, 2, 1, true), visits(200, 230, 1, 0, true));
    assertThat(rows(database, SESSIONS), contains("30-90|5|t", "200-230|1|t"));
  }

  @Test
  void workerThatWasGivenUpRemovesNoNewerSession() throws SQLException {
    SessionRows before = session(1);
    write(before, visits(0, 30, 1, 0, false));
    SessionRows after = afterRestart(1, sessionsOf(1));
    write(after, visits(0, 100, 4, 0, false));

    write(before, visits(60, 100, 2, 0, false));
    assertThat(rows(database, SESSIONS), contains("0-100|4|f"));
  }

  @Test
  void otherUsersSessionsStay() throws SQLException {
    SessionRows writer = session(1);
    WindowResult<SessionStats> other =
        new WindowResult<>(
            "other",
            EIGHT,
            EIGHT.plusSeconds(35),
            new SessionStats(1, List.of()),
            0,
            Timing.EARLY,
            false,
            EventCounts.NONE);
    write(writer, other, visits(10, 40, 1, 0, false));
    write(writer, visits(0, 40, 2, 0, false));

    assertThat(
        rows(database, "select user_id, events from gold.sessions"),
        containsInAnyOrder("other|1", "user|2"));
  }

  private static <T> void write(RowWriter<T> writer, T result) throws SQLException {
    writeAll(writer, List.of(result));
  }

  private static <T> void write(RowWriter<T> writer, T first, T second) throws SQLException {
    writeAll(writer, List.of(first, second));
  }

  private static <T> void writeAll(RowWriter<T> writer, List<T> results) throws SQLException {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      writer.write(connection, results);
      connection.commit();
    }
  }

  private WindowRows windows(long run) throws SQLException {
    return opened(windowsOf(run));
  }

  private static WindowRows windowsOf(long run) {
    return new WindowRows("events_5m", TablePlace.LIVE, new RunAttempt(run));
  }

  private SessionRows session(long run) throws SQLException {
    return opened(sessionsOf(run));
  }

  private static SessionRows sessionsOf(long run) {
    return new SessionRows(TablePlace.LIVE, new RunAttempt(run));
  }

  private <W extends RowWriter<?>> W opened(W writer) throws SQLException {
    try (Connection connection = database.connect()) {
      writer.open(connection);
    }
    open.add(writer);
    return writer;
  }

  /** A writer of the run's next attempt, as another process would have it. */
  private <W extends RowWriter<?>> W afterRestart(long run, W writer) throws SQLException {
    open.forEach(each -> new RunAttempt(run).release());
    return opened(writer);
  }

  private static WindowResult<ValueStats> window(long count, long pane, boolean isFinal) {
    return new WindowResult<>(
        "EU",
        EIGHT,
        EIGHT.plusSeconds(300),
        new ValueStats(count, 1, BigDecimal.ONE, BigDecimal.ONE, BigDecimal.ONE),
        pane,
        Timing.LATE,
        isFinal,
        EventCounts.NONE);
  }

  /** A session of one user, in seconds after eight. */
  private static WindowResult<SessionStats> visits(
      long start, long end, long events, long pane, boolean isFinal) {
    return new WindowResult<>(
        "user",
        EIGHT.plusSeconds(start),
        EIGHT.plusSeconds(end),
        new SessionStats(events, List.of("/")),
        pane,
        Timing.EARLY,
        isFinal,
        EventCounts.NONE);
  }
}
