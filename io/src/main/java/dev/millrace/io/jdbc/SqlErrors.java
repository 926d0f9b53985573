package dev.millrace.io.jdbc;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/**
 * What an error of the database means for the rows at hand, by its SQLSTATE.
 *
 * @see <a href="https://www.postgresql.org/docs/16/errcodes-appendix.html">PostgreSQL error
 *     codes</a>
 */
final class SqlErrors {
  private SqlErrors() {}

  /** The database is away or busy: the same statement may succeed later. */
  static boolean isTransient(Throwable error) {
    if (!(error instanceof SQLException e)) {
      return false;
    }
    if (e instanceof SQLTransientConnectionException
        && e.getCause() instanceof SQLException cause) {
      // The pool's time-out: what kept it from connecting tells whether waiting helps.
      return isTransient(cause);
    }
    String state = e.getSQLState();
    if (state == null) {
      return e instanceof SQLTransientConnectionException;
    }
    return state.startsWith("08") // connection
        || state.startsWith("57P0") // shut down, crashed, starting
        || state.startsWith("53") // out of connections, memory, disk
        || state.equals("40001") // serialization failure
        || state.equals("40P01") // deadlock
        || state.equals("55P03"); // lock not available
  }

  /** A row of the batch is refused, now and later. */
  static boolean isData(SQLException e) {
    String state = e.getSQLState();
    return state != null
        && (state.startsWith("22") // data exception: out of range, invalid text
            || state.startsWith("23") // integrity constraint
            || state.startsWith("54") // program limit: index entry too long
            || state.equals("P0001")); // raised by somebody's trigger
  }
}
