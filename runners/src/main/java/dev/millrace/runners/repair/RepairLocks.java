package dev.millrace.runners.repair;

import dev.millrace.io.jdbc.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Keeps two repairs from the same day of a pipeline: advisory locks of the database, which are free
 * again when the command that has them ends, however it does.
 */
final class RepairLocks implements AutoCloseable {
  private static final String ALL_DAYS = "all days";

  private final String pipeline;
  private final Connection connection;

  private RepairLocks(String pipeline, Connection connection) {
    this.pipeline = pipeline;
    this.connection = connection;
  }

  /** Opens the connection that has the locks. */
  static RepairLocks open(Database database, String pipeline) throws SQLException {
    return new RepairLocks(pipeline, database.connect());
  }

  /**
   * Locks days, until this is closed.
   *
   * @param days null stands for all of them
   * @throws TakenException if somebody else has one
   */
  void take(List<@Nullable LocalDate> days) throws SQLException, TakenException {
    List<String> taken = new ArrayList<>();
    for (LocalDate day : days) {
      boolean free =
          day == null
              ? tryLock("pg_try_advisory_lock", ALL_DAYS)
              : tryLock("pg_try_advisory_lock_shared", ALL_DAYS)
                  && tryLock("pg_try_advisory_lock", day.toString());
      if (!free) {
        taken.add(day == null ? ALL_DAYS : day.toString());
      }
    }
    if (!taken.isEmpty()) {
      throw new TakenException(
          "another repair of "
              + pipeline
              + " is under way for "
              + String.join(", ", taken)
              + " (who, in ops.runs): wait until it has ended");
    }
  }

  /**
   * Locks what isn't a day, until this is closed.
   *
   * @throws TakenException if somebody else has it
   */
  void take(String what) throws SQLException, TakenException {
    if (!tryLock("pg_try_advisory_lock", what)) {
      throw new TakenException(
          "somebody else is at the %s of %s (who, in ops.runs): wait until they have ended"
              .formatted(what, pipeline));
    }
  }

  private boolean tryLock(String function, String what) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement("select " + function + "(hashtext(?), hashtext(?))")) {
      lock.setString(1, "millrace repair of " + pipeline);
      lock.setString(2, what);
      try (ResultSet got = lock.executeQuery()) {
        return got.next() && got.getBoolean(1);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  /** Somebody else has it, in a sentence for the user. */
  static final class TakenException extends Exception {
    private static final long serialVersionUID = 1L;

    TakenException(String message) {
      super(message);
    }
  }
}
