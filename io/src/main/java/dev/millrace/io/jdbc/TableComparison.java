package dev.millrace.io.jdbc;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Two tables of a database, row by row and in sums. Rows are the same if their keys are; they
 * differ if a column that both have does. Columns that only one has are told, and not compared.
 */
public final class TableComparison {
  private static final int FETCHED_ROWS = 1_000;
  private static final String MISSING = "missing";
  private static final String EXTRA = "extra";
  private static final String CHANGED = "changed";

  private final Side a;
  private final Side b;
  private final List<String> key;
  private final List<String> ignored;
  private final BigDecimal tolerance;

  /**
   * What is compared.
   *
   * @param name for a person
   * @param table schema and name, by which its columns are known
   * @param rows those that count, as something to select from
   */
  public record Side(String name, String table, String rows) {

    /** A whole table. */
    public static Side of(String table) {
      return new Side(table, table, table);
    }
  }

  /**
   * A row that differs.
   *
   * @param kind {@code missing} in the second, {@code extra} in it, or {@code changed}
   * @param key its key, by column
   * @param columns of a changed row those that differ, of others all: by name, the first and the
   *     second value as text
   */
  public record Difference(
      String kind, Map<String, String> key, Map<String, List<@Nullable String>> columns) {}

  /**
   * The sums of a numeric column; null where there is no value.
   *
   * @param sumA of the first
   * @param averageA of it, to 6 digits
   */
  public record Sums(
      String column,
      @Nullable BigDecimal sumA,
      @Nullable BigDecimal sumB,
      @Nullable BigDecimal averageA,
      @Nullable BigDecimal averageB) {}

  /**
   * What was found.
   *
   * @param rowsA how many rows the first has
   * @param missing how many of them the second doesn't have
   * @param extra how many only the second has
   * @param changedColumns of those that are changed, how many rows differ in which column
   * @param onlyInOne columns that one of the two doesn't have
   */
  public record Result(
      String a,
      String b,
      long rowsA,
      long rowsB,
      List<Sums> sums,
      long missing,
      long extra,
      long changed,
      Map<String, Long> changedColumns,
      List<String> onlyInOne) {

    /** How many rows differ. */
    public long differences() {
      return missing + extra + changed;
    }
  }

  private TableComparison(
      Side a, Side b, List<String> key, List<String> ignored, BigDecimal tolerance) {
    this.a = a;
    this.b = b;
    this.key = key;
    this.ignored = ignored;
    this.tolerance = tolerance;
  }

  /**
   * Compares two.
   *
   * @param key by which a row is known; empty for the primary key of the first, or of the second
   * @param ignored columns that don't count
   * @param tolerance by how much numbers may differ; zero for not at all
   */
  public static TableComparison of(
      Side a, Side b, List<String> key, List<String> ignored, BigDecimal tolerance) {
    return new TableComparison(a, b, key, ignored, tolerance);
  }

  /**
   * Compares as of one moment.
   *
   * @param each told of every row that differs, in the order of the keys
   * @throws IllegalArgumentException with a message for the user if they can't be compared
   */
  public Result run(Connection connection, Consumer<Difference> each) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    int isolation = connection.getTransactionIsolation();
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    try {
      Result result = compare(connection, each);
      connection.commit();
      return result;
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setTransactionIsolation(isolation);
      connection.setAutoCommit(autoCommit);
    }
  }

  private Result compare(Connection connection, Consumer<Difference> each) throws SQLException {
    Map<String, Boolean> ofA = columns(connection, a);
    Map<String, Boolean> ofB = columns(connection, b);
    List<String> keys = keys(connection, ofA, ofB);
    List<String> compared =
        ofA.keySet().stream()
            .filter(ofB::containsKey)
            .filter(name -> !keys.contains(name) && !ignored.contains(name))
            .toList();
    List<String> numeric =
        compared.stream().filter(name -> ofA.get(name) && ofB.get(name)).toList();
    refuseDoubles(connection, a, keys);
    refuseDoubles(connection, b, keys);
    Object[] sumsA = sums(connection, a, numeric);
    Object[] sumsB = sums(connection, b, numeric);
    List<Sums> sums = new ArrayList<>();
    for (int i = 0; i < numeric.size(); i++) {
      sums.add(
          new Sums(
              numeric.get(i),
              (BigDecimal) sumsA[1 + 2 * i],
              (BigDecimal) sumsB[1 + 2 * i],
              (BigDecimal) sumsA[2 + 2 * i],
              (BigDecimal) sumsB[2 + 2 * i]));
    }
    Map<String, Long> kinds = new TreeMap<>();
    Map<String, Long> changedColumns = new TreeMap<>();
    differences(
        connection,
        keys,
        compared,
        numeric,
        difference -> {
          kinds.merge(difference.kind(), 1L, Long::sum);
          if (difference.kind().equals(CHANGED)) {
            difference
                .columns()
                .keySet()
                .forEach(name -> changedColumns.merge(name, 1L, Long::sum));
          }
          each.accept(difference);
        });
    List<String> onlyInOne =
        Stream.concat(
                ofA.keySet().stream().filter(name -> !ofB.containsKey(name)),
                ofB.keySet().stream().filter(name -> !ofA.containsKey(name)))
            .filter(name -> !ignored.contains(name))
            .toList();
    return new Result(
        a.name(),
        b.name(),
        ((Number) sumsA[0]).longValue(),
        ((Number) sumsB[0]).longValue(),
        sums,
        kinds.getOrDefault(MISSING, 0L),
        kinds.getOrDefault(EXTRA, 0L),
        kinds.getOrDefault(CHANGED, 0L),
        changedColumns,
        onlyInOne);
  }

  /** By name, in the table's order, whether it is a number. */
  private static Map<String, Boolean> columns(Connection connection, Side side)
      throws SQLException {
    Map<String, Boolean> columns = new LinkedHashMap<>();
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            select a.attname, t.typcategory = 'N'
            from pg_attribute a join pg_type t on t.oid = a.atttypid
            where a.attrelid = to_regclass(?) and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """)) {
      query.setString(1, side.table());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          columns.put(rows.getString(1), rows.getBoolean(2));
        }
      }
    }
    if (columns.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no table " + side.table() + ": name it like schema.table");
    }
    return columns;
  }

  private List<String> keys(
      Connection connection, Map<String, Boolean> ofA, Map<String, Boolean> ofB)
      throws SQLException {
    List<String> keys = key;
    if (keys.isEmpty()) {
      keys = primaryKey(connection, a);
    }
    if (keys.isEmpty()) {
      keys = primaryKey(connection, b);
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException(
          "neither " + a.name() + " nor " + b.name() + " has a primary key: give --key=COLUMN,...");
    }
    for (String each : keys) {
      if (!ofA.containsKey(each) || !ofB.containsKey(each)) {
        Side without = ofA.containsKey(each) ? b : a;
        throw new IllegalArgumentException(
            without.name() + " has no column " + each + " of the key");
      }
    }
    return keys;
  }

  private static List<String> primaryKey(Connection connection, Side side) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            select a.attname
            from pg_index i cross join unnest(i.indkey) with ordinality as k (attnum, place)
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
            where i.indrelid = to_regclass(?) and i.indisprimary order by k.place
            """)) {
      query.setString(1, side.table());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          columns.add(rows.getString(1));
        }
      }
    }
    return columns;
  }

  private static void refuseDoubles(Connection connection, Side side, List<String> keys)
      throws SQLException {
    String names = quoted(keys.stream());
    try (Statement statement = connection.createStatement();
        ResultSet doubles =
            statement.executeQuery(
                "select count(*) from (select from %s x group by %s having count(*) > 1) doubles"
                    .formatted(side.rows(), names))) {
      doubles.next();
      if (doubles.getLong(1) > 0) {
        throw new IllegalArgumentException(
            "(%s) is no key of %s: %,d values of it stand in more than one row"
                .formatted(String.join(", ", keys), side.name(), doubles.getLong(1)));
      }
    }
  }

  /** The number of rows, then sum and average of each column. */
  private static Object[] sums(Connection connection, Side side, List<String> numeric)
      throws SQLException {
    StringJoiner columns = new StringJoiner(", ").add("count(*)");
    for (String name : numeric) {
      columns.add("sum(%s)::numeric".formatted(quote(name)));
      columns.add("round(avg(%s)::numeric, 6)".formatted(quote(name)));
    }
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select %s from %s x".formatted(columns, side.rows()))) {
      row.next();
      Object[] sums = new Object[1 + 2 * numeric.size()];
      for (int i = 0; i < sums.length; i++) {
        sums[i] = row.getObject(i + 1);
      }
      return sums;
    }
  }

  private void differences(
      Connection connection,
      List<String> keys,
      List<String> compared,
      List<String> numeric,
      Consumer<Difference> each)
      throws SQLException {
    StringJoiner selected = new StringJoiner(", ");
    selected.add("a.there is null").add("b.there is null");
    keys.forEach(name -> selected.add("coalesce(a.%1$s, b.%1$s)::text".formatted(quote(name))));
    StringJoiner anyDiffers = new StringJoiner(" or ");
    anyDiffers.add("a.there is null").add("b.there is null");
    for (String name : compared) {
      String differs = differs(quote(name), numeric.contains(name));
      anyDiffers.add(differs);
      selected.add(differs).add("a.%s::text".formatted(quote(name)));
      selected.add("b.%s::text".formatted(quote(name)));
    }
    String on =
        keys.stream()
            .map(name -> "a.%1$s = b.%1$s".formatted(quote(name)))
            .collect(Collectors.joining(" and "));
    String order =
        keys.stream()
            .map(name -> "coalesce(a.%1$s, b.%1$s)".formatted(quote(name)))
            .collect(Collectors.joining(", "));
    String sql =
        """
        select %s
        from (select true as there, * from %s x) a full join (select true as there, * from %s y) b
          on %s
        where %s
        order by %s
        """
            .formatted(selected, a.rows(), b.rows(), on, anyDiffers, order);
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(FETCHED_ROWS);
      try (ResultSet rows = statement.executeQuery(sql)) {
        while (rows.next()) {
          each.accept(difference(rows, keys, compared));
        }
      }
    }
  }

  private String differs(String name, boolean isNumber) {
    String distinct = "a.%1$s is distinct from b.%1$s".formatted(name);
    return isNumber && tolerance.signum() > 0
        ? "(%1$s and coalesce(abs(a.%2$s - b.%2$s) > %3$s, true))"
            .formatted(distinct, name, tolerance.toPlainString())
        : "(" + distinct + ")";
  }

  private static Difference difference(ResultSet row, List<String> keys, List<String> compared)
      throws SQLException {
    boolean notInA = row.getBoolean(1);
    boolean notInB = row.getBoolean(2);
    int column = 3;
    Map<String, String> key = new LinkedHashMap<>();
    for (String name : keys) {
      key.put(name, row.getString(column++));
    }
    Map<String, List<@Nullable String>> columns = new LinkedHashMap<>();
    boolean inBoth = !notInA && !notInB;
    for (String name : compared) {
      if (!inBoth || row.getBoolean(column)) {
        List<@Nullable String> values = new ArrayList<>(2);
        values.add(row.getString(column + 1));
        values.add(row.getString(column + 2));
        columns.put(name, values);
      }
      column += 3;
    }
    return new Difference(notInB ? MISSING : notInA ? EXTRA : CHANGED, key, columns);
  }

  private static String quoted(Stream<String> names) {
    return names.map(TableComparison::quote).collect(Collectors.joining(", "));
  }

  private static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
