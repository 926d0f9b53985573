package dev.millrace.io.jdbc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Where a PostgreSQL database is, and who we are there. Travels inside serialized jobs, password
 * included; prints without it.
 *
 * @param url a JDBC URL, {@code jdbc:postgresql://host:port/name}, without a password
 * @param user the role to log in as
 * @param password its password; empty if the server asks for none
 */
public record Database(String url, String user, String password) implements Serializable {

  private static final int CONNECT_TIMEOUT_SECONDS = 5;

  public Database {
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(password, "password");
    if (!url.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "the database's URL must start with jdbc:postgresql:, for example"
              + " jdbc:postgresql://localhost:5432/millrace");
    }
    if (url.contains("password=")) {
      throw new IllegalArgumentException(
          "the database's URL holds a password, which would be printed: set"
              + " MILLRACE_JDBC_PASSWORD instead");
    }
  }

  /** Opens a single connection, outside of any pool. Times are UTC in it. */
  public Connection connect() throws SQLException {
    return dataSource().getConnection();
  }

  /** Without the DriverManager, which doesn't see the driver of a job jar. */
  DataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(url);
    source.setUser(user);
    source.setPassword(password);
    source.setConnectTimeout(CONNECT_TIMEOUT_SECONDS);
    source.setTcpKeepAlive(true);
    source.setApplicationName("millrace");
    source.setOptions("-c TimeZone=UTC");
    return source;
  }

  @Override
  public String toString() {
    return "Database[" + url + ", user " + user + "]";
  }
}
