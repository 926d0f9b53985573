package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.Database;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * The answer to a query, each row as text, exactly as the database prints it.
 *
 * @param rows in the query's order
 */
record Rows(List<String> rows) {
  /** As PostgreSQL's COPY writes it. */
  private static final String NULL = "\\N";

  private static final int DIGEST_CHARACTERS = 16;

  /** Asks one query after the other in a session of its own that has its own small tables. */
  static final class Session implements AutoCloseable {
    private final Connection connection;

    Session(Database database) throws SQLException {
      connection = database.connect();
    }

    /** Makes a table of events, of their JSON. */
    void table(String name, List<String> events) throws SQLException {
      try (Statement create = connection.createStatement()) {
        create.execute("create temp table " + name + " (event jsonb, event_time timestamptz)");
      }
      try (PreparedStatement insert =
          connection.prepareStatement(
              "insert into "
                  + name
                  + " select text::jsonb, (text::jsonb ->> 'event_time')::timestamptz"
                  + " from unnest(?) text")) {
        insert.setArray(1, connection.createArrayOf("text", events.toArray()));
        insert.execute();
      }
    }

    Rows rows(String query) throws SQLException {
      List<String> rows = new ArrayList<>();
      try (Statement statement = connection.createStatement();
          ResultSet result = statement.executeQuery(query)) {
        int columns = result.getMetaData().getColumnCount();
        while (result.next()) {
          StringBuilder row = new StringBuilder();
          for (int i = 1; i <= columns; i++) {
            String value = result.getString(i);
            row.append(i == 1 ? "" : " | ").append(value == null ? NULL : value);
          }
          rows.add(row.toString());
        }
      }
      return new Rows(rows);
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  /** How many. */
  int size() {
    return rows.size();
  }

  /** The same for the same rows: the first half of their SHA-256, in hexadecimal digits. */
  String digest() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String row : rows) {
        digest.update(row.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) '\n');
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, DIGEST_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java has it.
    }
  }

  /** The rows that {@code other} doesn't have, in order. */
  List<String> without(Rows other) {
    Set<String> others = new HashSet<>(other.rows);
    return rows.stream().filter(row -> !others.contains(row)).toList();
  }
}
