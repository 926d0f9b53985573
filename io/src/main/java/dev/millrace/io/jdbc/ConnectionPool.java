package dev.millrace.io.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * One pool per database and JVM, shared by all writers in it, closed when the last one lets go, so
 * that jobs that come and go in a worker leave no connection behind.
 */
final class ConnectionPool implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 8;
  private static final long CONNECTION_TIMEOUT_MILLIS = 5_000;
  private static final long IDLE_TIMEOUT_MILLIS = 30_000;

  private static final Map<Database, ConnectionPool> POOLS = new HashMap<>();

  private final Database database;
  private final HikariDataSource connections;
  private int users;

  private ConnectionPool(Database database) {
    this.database = database;
    HikariConfig config = new HikariConfig();
    config.setPoolName("millrace");
    config.setDataSource(database.dataSource());
    config.setAutoCommit(false);
    config.setMaximumPoolSize(MAX_CONNECTIONS);
    config.setMinimumIdle(0);
    config.setIdleTimeout(IDLE_TIMEOUT_MILLIS);
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
    config.setInitializationFailTimeout(-1); // The writer retries; creating a pool never fails.
    this.connections = new HikariDataSource(config);
  }

  /** The database's pool; to be closed once by each who acquires it. */
  static ConnectionPool acquire(Database database) {
    synchronized (POOLS) {
      ConnectionPool pool = POOLS.computeIfAbsent(database, ConnectionPool::new);
      pool.users++;
      return pool;
    }
  }

  /** A connection with auto-commit off; closing it gives it back. */
  Connection connection() throws SQLException {
    return connections.getConnection();
  }

  @Override
  public void close() {
    synchronized (POOLS) {
      users--;
      if (users == 0) {
        POOLS.remove(database);
        connections.close();
      }
    }
  }
}
