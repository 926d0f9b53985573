package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.Balance;
import dev.millrace.runners.feed.Feed;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Compares trials of the same records. */
final class Comparison {
  private static final String CONFLICTS =
      """
      select convert_from(payload, 'UTF8') from ops.dead_letters
      where error_class = 'conflicting_id' order by 1
      """;
  private static final String LATE =
      "select convert_from(payload, 'UTF8') from ops.late_records order by 1";

  /** Which of two conflicting events is the dead letter depends on which came first. */
  private static final String DEAD_LETTERS =
      """
      select source_partition, source_offset, payload_md5, stage, error_class, message
      from ops.dead_letters where error_class <> 'conflicting_id' order by 1, 2
      """;

  /**
   * In windows with late records, what was read must be equal; the balance proves the rest. (A
   * second copy of a record that is late and applied may come when its id is forgotten.)
   */
  private static final String LEDGER =
      """
      select window_start, stage, count from ops.ledger
      where run_id = %d and count > 0 and stage <> 'late_applied'
        and (stage = 'read' or window_start <> all (array[%s]::timestamptz[]))
      order by window_start, stage
      """;

  private static final String LATE_WINDOWS =
      """
      select distinct '''' || window_start || '''' from ops.ledger
      where run_id = %d and count > 0 and stage in ('late', 'late_applied')
      """;

  /** Of a record that is late twice one is looked at: both must say the same. */
  private static final Question LATE_TWICE =
      new Question(
          "ids of late records that differ",
          "select '' where false",
          """
          select event ->> 'event_id' from late
          where not exists (
            select from conflicts where conflicts.event ->> 'event_id' = late.event ->> 'event_id')
          group by 1 having count(distinct event) > 1
          """);

  /** Rows that the accounts speak of. */
  private static final String LETTERS_AND_LATE =
      """
      select (select count(*) from ops.dead_letters),
        (select count(*) from ops.late_records where run_id = %d)
      """;

  private final Subject subject;
  private final Feed.Sent sent;

  Comparison(Subject subject, Feed.Sent sent) {
    this.subject = subject;
    this.sent = sent;
  }

  /** Ids of which events say different things, as a bounded trial has found them. */
  List<String> conflicting(Trial bounded) throws SQLException {
    try (Rows.Session session = new Rows.Session(bounded.database())) {
      session.table("conflicts", session.rows(CONFLICTS).rows());
      return session.rows("select distinct event ->> 'event_id' from conflicts order by 1").rows();
    }
  }

  /** The tables of a trial, its dead letters and its accounts against those of a bounded one. */
  List<Finding> whole(Trial expected, Trial actual) throws SQLException {
    return ask(subject.tables(), List.of(), List.of(ledger(expected, actual)), expected, actual);
  }

  /** The tables and the dead letters alone: the accounts are of several runs. */
  List<Finding> tables(Trial expected, Trial actual) throws SQLException {
    return ask(subject.tables(), List.of(), List.of(), expected, actual);
  }

  /** The same of a trial whose late records are beside its tables. */
  List<Finding> withLate(Trial expected, Trial actual) throws SQLException {
    try (Rows.Session session = new Rows.Session(actual.database())) {
      List<Question> questions = new ArrayList<>(subject.tablesAndLate());
      questions.add(LATE_TWICE);
      return ask(
          questions,
          session.rows(LATE).rows(),
          List.of(ledger(expected, actual)),
          expected,
          actual);
    }
  }

  private static List<Finding> ask(
      List<Question> tables,
      List<String> late,
      List<Question> accounts,
      Trial expected,
      Trial actual)
      throws SQLException {
    List<Finding> findings = new ArrayList<>();
    try (Rows.Session right = new Rows.Session(expected.database());
        Rows.Session other = new Rows.Session(actual.database())) {
      List<String> conflicts = right.rows(CONFLICTS).rows();
      for (Rows.Session each : List.of(right, other)) {
        each.table("conflicts", conflicts);
        each.table("late", late);
      }
      List<Question> questions = new ArrayList<>(tables);
      questions.add(Question.ofBoth("ops.dead_letters", DEAD_LETTERS));
      questions.addAll(accounts);
      for (Question each : questions) {
        Rows rows = right.rows(each.expected());
        findings.add(Finding.of(each.about(), expected, rows, actual, other.rows(each.actual())));
      }
    }
    return findings;
  }

  private static Question ledger(Trial expected, Trial actual) throws SQLException {
    try (Rows.Session session = new Rows.Session(actual.database())) {
      String late = String.join(", ", lateWindows(actual, session));
      return new Question(
          "ops.ledger",
          LEDGER.formatted(expected.run(), late),
          LEDGER.formatted(actual.run(), late));
    }
  }

  private static List<String> lateWindows(Trial trial, Rows.Session session) throws SQLException {
    return session.rows(LATE_WINDOWS.formatted(trial.run())).rows();
  }

  /** A trial's accounts: balanced, as many records as were sent, and as many rows as they say. */
  Finding accounts(Trial trial) throws SQLException {
    List<String> wrong = new ArrayList<>();
    Balance sum = null;
    int windows = 0;
    try (Connection connection = trial.database().connect();
        Rows.Session session = new Rows.Session(trial.database())) {
      for (Balance each : Balance.of(connection, subject.name(), trial.run())) {
        sum = sum == null ? each : sum.plus(each);
        windows++;
        if (!each.closed()) {
          wrong.add("window %s is still open".formatted(each.window()));
        } else if (each.missing() != 0) {
          wrong.add("window %s: %,d missing".formatted(each.window(), each.missing()));
        }
      }
      if (sum == null) {
        return new Finding(Finding.ACCOUNTS, trial.name(), 0, "", List.of("there are none"));
      }
      compare("read, records sent", sum.read(), sent.total(), wrong);
      String rows = session.rows(LETTERS_AND_LATE.formatted(trial.run())).rows().get(0);
      String counted = sum.deadLetter() + " | " + sum.late();
      if (trial.isAlone() && !rows.equals(counted)) {
        wrong.add("dead letters | late records: %s rows, %s counted".formatted(rows, counted));
      }
      if (lateWindows(trial, session).isEmpty()) {
        compare("duplicates, sent twice", sum.duplicate(), sent.duplicates(), wrong);
        compare(
            "dead letters, sent malformed or conflicting",
            sum.deadLetter(),
            sent.malformed() + sent.conflicting(),
            wrong);
      }
    }
    return new Finding(Finding.ACCOUNTS, trial.name(), windows, sum.equation(), wrong);
  }

  private static void compare(String what, long actual, long expected, List<String> wrong) {
    if (actual != expected) {
      wrong.add("%s: %,d, but %,d".formatted(what, actual, expected));
    }
  }
}
