package dev.millrace.runners.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.millrace.io.jdbc.Database;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a statement and prints its rows. */
@Command(
    name = "sql",
    description = "Run a statement in the database and print its rows. Times are UTC.",
    mixinStandardHelpOptions = true)
final class SqlCommand implements Runnable {
  private static final int MAX_COLUMN_WIDTH = 80;

  @Parameters(
      paramLabel = "STATEMENT",
      description = "For example: \"select count(*) from silver.orders_clean\"")
  private String statement;

  @Option(names = "--csv", description = "Print comma-separated values with a header, exactly.")
  private boolean csv;

  @Mixin private DatabaseOptions options;

  @Override
  public void run() {
    Database database = options.required();
    Databases.check(database, List.of());
    try (Connection connection = database.connect()) {
      if (csv) {
        printCsv(connection);
      } else {
        printTable(connection);
      }
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    } catch (IOException e) {
      throw new FailedException("can't print: " + e.getMessage(), e);
    }
  }

  private void printCsv(Connection connection) throws SQLException, IOException {
    String query = statement.strip().replaceAll(";$", "");
    connection
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyOut("copy (" + query + ") to stdout (format csv, header)", System.out);
    System.out.flush();
  }

  private void printTable(Connection connection) throws SQLException {
    try (Statement query = connection.createStatement()) {
      if (!query.execute(statement)) {
        System.out.println(query.getUpdateCount() + " rows changed");
        return;
      }
      System.out.println(table(query.getResultSet()));
    }
  }

  /** The rows as a table; null is left empty. */
  static String table(ResultSet rows) throws SQLException {
    ResultSetMetaData meta = rows.getMetaData();
    List<Column> columns = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      columns.add(
          new Column()
              .header(meta.getColumnLabel(i))
              .maxWidth(MAX_COLUMN_WIDTH)
              .dataAlign(
                  isNumber(meta.getColumnType(i)) ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT));
    }
    List<Object[]> cells = new ArrayList<>();
    while (rows.next()) {
      Object[] row = new Object[columns.size()];
      for (int i = 0; i < row.length; i++) {
        String text = rows.getString(i + 1);
        row[i] = text == null ? "" : text;
      }
      cells.add(row);
    }
    return AsciiTable.getTable(
            AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
            columns.toArray(new Column[0]),
            cells.toArray(new Object[0][]))
        + "\n("
        + cells.size()
        + (cells.size() == 1 ? " row)" : " rows)");
  }

  private static boolean isNumber(int type) {
    return switch (type) {
      case Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.NUMERIC, Types.REAL, Types.DOUBLE ->
          true;
      default -> false;
    };
  }
}
