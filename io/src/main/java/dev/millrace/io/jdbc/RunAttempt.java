package dev.millrace.io.jdbc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * The number of a run's attempt in this process: greater after every restart of the run, whatever
 * counters its state takes back. All writers of a run in a process share one, since a key may go
 * from one writer to another; a run that is started again lets go of all of them first.
 *
 * @param run its number
 */
public record RunAttempt(long run) implements Serializable {
  private static final Map<Long, Shared> ATTEMPTS = new HashMap<>();

  private static final class Shared {
    private final long number;
    private int users;

    Shared(long number) {
      this.number = number;
    }
  }

  /** The attempt's number; to be released once by each who acquires it. */
  public long acquire(Connection connection) throws SQLException {
    synchronized (ATTEMPTS) {
      Shared attempt = ATTEMPTS.get(run);
      if (attempt == null) {
        attempt = new Shared(next(connection));
        ATTEMPTS.put(run, attempt);
      }
      attempt.users++;
      return attempt.number;
    }
  }

  /** Lets go; the last one to do so ends the attempt. */
  public void release() {
    synchronized (ATTEMPTS) {
      Shared attempt = ATTEMPTS.get(run);
      if (attempt != null) {
        attempt.users--;
        if (attempt.users == 0) {
          ATTEMPTS.remove(run);
        }
      }
    }
  }

  private static long next(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet number = statement.executeQuery("select nextval('ops.attempts')")) {
      number.next();
      return number.getLong(1);
    }
  }
}
