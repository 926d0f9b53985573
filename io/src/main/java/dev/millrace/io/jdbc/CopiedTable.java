package dev.millrace.io.jdbc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table, and how an element becomes a row of it.
 *
 * @param schema for example {@code silver}
 * @param name for example {@code customers}
 * @param key the columns that tell rows apart
 * @param columns those that {@code fields} gives, in its order; the others get their defaults
 * @param fields of a row
 */
public record CopiedTable<T>(
    String schema, String name, List<String> key, List<String> columns, Fields<T> fields)
    implements Serializable {

  /** The fields of a row. */
  public interface Fields<T> extends Serializable {
    /** Appends each field, as its column's type. */
    void append(T row, BinaryCopy copy) throws SQLException;
  }

  public CopiedTable {
    key = List.copyOf(key);
    columns = List.copyOf(columns);
  }

  /** Its name with its schema. */
  public String fullName() {
    return schema + "." + name;
  }

  /** The table with its key as a unique constraint. */
  RequiredTable keyed() {
    return new RequiredTable(schema, name, key);
  }

  /** Copies rows into a table that has the same columns. */
  void copy(Connection connection, String into, List<T> rows) throws SQLException {
    try (BinaryCopy copy = BinaryCopy.into(connection, into + " (" + list(columns) + ")")) {
      for (T row : rows) {
        copy.row(columns.size());
        fields.append(row, copy);
      }
      copy.end();
    }
  }

  /** One row of each key, as something to select from: the one whose version is the highest. */
  String newest(String rows, List<String> version) {
    List<String> order = new ArrayList<>(key);
    order.addAll(descending(version));
    return "(select distinct on (%s) * from %s x order by %s)"
        .formatted(list(key), rows, list(order));
  }

  /** The highest first. */
  static List<String> descending(List<String> names) {
    return names.stream().map(each -> each + " desc").toList();
  }

  /** Names with commas between them. */
  static String list(List<String> names) {
    return String.join(", ", names);
  }

  /** The same with each name qualified. */
  static String list(String alias, List<String> names) {
    return names.stream().map(each -> alias + "." + each).collect(Collectors.joining(", "));
  }

  /** Assignments of an update from the row that was to be inserted. */
  static String excluded(List<String> names) {
    return names.stream()
        .map(each -> each + " = excluded." + each)
        .collect(Collectors.joining(", "));
  }

  /** Whether a table has a column. */
  static boolean hasColumn(Connection connection, String table, String column) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            "select exists (select from pg_attribute where attrelid = to_regclass(?)"
                + " and attname = ? and not attisdropped)")) {
      query.setString(1, table);
      query.setString(2, column);
      try (ResultSet found = query.executeQuery()) {
        return found.next() && found.getBoolean(1);
      }
    }
  }
}
