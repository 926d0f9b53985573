package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.local.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;

/** Which database, and who we are there. */
final class DatabaseOptions {
  private static final String PASSWORD_FILE = Environment.JDBC_PASSWORD + "_FILE";

  @Option(
      names = "--jdbcUrl",
      paramLabel = "URL",
      description =
          "The database, jdbc:postgresql://HOST:PORT/NAME. Default: $MILLRACE_JDBC_URL, or the"
              + " local stack's. The password comes from $MILLRACE_JDBC_PASSWORD, or from the file"
              + " that $MILLRACE_JDBC_PASSWORD_FILE names.")
  private @Nullable String jdbcUrl;

  @Option(
      names = "--jdbcUser",
      paramLabel = "NAME",
      description = "The role to log in as. Default: $MILLRACE_JDBC_USER, or the local stack's.")
  private @Nullable String jdbcUser;

  /** The database; null if it can't be known, with the mistake added. */
  @Nullable Database database(List<String> mistakes) {
    Addresses addresses = new Addresses();
    String url = addresses.find(jdbcUrl, Environment.JDBC_URL);
    if (url == null) {
      mistakes.add(
          "no database: give --jdbcUrl, or set "
              + Environment.JDBC_URL
              + ", or start the local stack with 'bin/millrace up'");
      return null;
    }
    Map<String, String> local = addresses.local();
    boolean isLocal = url.equals(local.get(Environment.JDBC_URL));
    String user = addresses.given(jdbcUser, Environment.JDBC_USER);
    String password = password(mistakes);
    if (isLocal) {
      user = user == null ? local.get(Environment.JDBC_USER) : user;
      password = password == null ? local.get(Environment.JDBC_PASSWORD) : password;
    }
    if (user == null) {
      mistakes.add("no database user: give --jdbcUser, or set " + Environment.JDBC_USER);
      return null;
    }
    try {
      return new Database(url, user, password == null ? "" : password);
    } catch (IllegalArgumentException e) {
      mistakes.add(e.getMessage());
      return null;
    }
  }

  /** The database, for commands that have nothing else to check. */
  Database required() {
    List<String> mistakes = new ArrayList<>();
    Database database = database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    return database;
  }

  private static @Nullable String password(List<String> mistakes) {
    String file = System.getenv(PASSWORD_FILE);
    if (file == null || file.isBlank()) {
      return System.getenv(Environment.JDBC_PASSWORD);
    }
    try {
      return Files.readString(Path.of(file)).strip();
    } catch (IOException e) {
      mistakes.add(PASSWORD_FILE + " names " + file + ", which can't be read");
      return null;
    }
  }
}
