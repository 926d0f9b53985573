package dev.millrace.benchmarks;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.Migrations;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;

/** Where PostgreSQL is. */
final class DatabaseOptions {
  private static final String NAME = "millrace_bench";

  @Option(
      names = "--jdbcUrl",
      paramLabel = "URL",
      defaultValue = "${env:MILLRACE_JDBC_URL}",
      description =
          "A database on a server where we may make another one, "
              + NAME
              + ". Default: $$MILLRACE_JDBC_URL.")
  private @Nullable String url;

  @Option(
      names = "--jdbcUser",
      paramLabel = "NAME",
      defaultValue = "${env:MILLRACE_JDBC_USER}",
      description = "Who we are there; the password is $$MILLRACE_JDBC_PASSWORD.")
  private @Nullable String user;

  /** An empty database with the product's tables. */
  Database fresh() throws SQLException {
    if (url == null || user == null) {
      throw new Benchmarks.FailedException(
          "no database is named: start one with 'bin/millrace up', or give --jdbcUrl and --jdbcUser");
    }
    String password = System.getenv().getOrDefault("MILLRACE_JDBC_PASSWORD", "");
    Database owner = new Database(url, user, password);
    try (Connection connection = owner.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("drop database if exists " + NAME + " with (force)");
      statement.execute("create database " + NAME);
    }
    Database fresh = new Database(url.replaceAll("/[^/?]*(\\?.*)?$", "/" + NAME), user, password);
    Migrations.apply(fresh);
    return fresh;
  }
}
