package dev.millrace.io.jdbc;

import java.io.Serializable;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A table that a writer relies on, and the unique key by which it stays idempotent.
 *
 * @param schema for example {@code silver}
 * @param name for example {@code orders_clean}
 * @param key the columns of its primary key or unique constraint, in any order; empty if it needs
 *     none
 */
public record RequiredTable(String schema, String name, List<String> key) implements Serializable {

  public RequiredTable {
    key = List.copyOf(key);
  }

  /**
   * What keeps {@code tables} from being written, a sentence each; empty if nothing does.
   *
   * @param connection used for reading the catalogue only
   */
  public static List<String> problems(Connection connection, List<RequiredTable> tables)
      throws SQLException {
    List<String> problems = new ArrayList<>();
    for (RequiredTable table : tables) {
      if (!table.exists(connection)) {
        problems.add(
            "table "
                + table.fullName()
                + " is missing: 'bin/millrace migrate' creates the tables of a new database; one"
                + " that was dropped later comes back from your backup");
      } else if (!table.key().isEmpty() && !table.hasUniqueKey(connection)) {
        String columns = String.join(", ", table.key());
        problems.add(
            "table "
                + table.fullName()
                + " has no unique constraint on ("
                + columns
                + "), so rows would double: run 'alter table "
                + table.fullName()
                + " add primary key ("
                + columns
                + ")'");
      }
    }
    return problems;
  }

  private String fullName() {
    return schema + "." + name;
  }

  private boolean exists(Connection connection) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select to_regclass(?) is not null")) {
      query.setString(1, fullName());
      try (ResultSet found = query.executeQuery()) {
        return found.next() && found.getBoolean(1);
      }
    }
  }

  private boolean hasUniqueKey(Connection connection) throws SQLException {
    String sql =
        """
        select exists (
          select from pg_index i
          where i.indrelid = to_regclass(?) and i.indisunique and i.indisvalid
            and i.indpred is null and i.indexprs is null
            and (select array_agg(a.attname::text order by a.attname::text)
                 from pg_attribute a
                 where a.attrelid = i.indrelid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1]))
              = (select array_agg(k order by k) from unnest(?) k))
        """;
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      Array columns = connection.createArrayOf("text", key.toArray());
      query.setString(1, fullName());
      query.setArray(2, columns);
      try (ResultSet found = query.executeQuery()) {
        return found.next() && found.getBoolean(1);
      }
    }
  }
}
