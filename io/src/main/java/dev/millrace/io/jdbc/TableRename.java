package dev.millrace.io.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts a whole table in the place of a live one by giving it its name, which takes as long for many
 * rows as for few. Owner, grants, comment, storage parameters and the names of indexes are those of
 * the live table; what else depends on that would stay with the old one, and stands in the way.
 */
final class TableRename {

  /** What would be lost, a sentence each. */
  private static final String DEPENDENTS =
      """
      select distinct 'view ' || r.ev_class::regclass
      from pg_depend d join pg_rewrite r on r.oid = d.objid
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
        and d.refobjid = to_regclass($1) and r.ev_class <> d.refobjid
      union all
      select 'foreign key ' || conname || ' of ' || conrelid::regclass from pg_constraint
      where contype = 'f' and (conrelid = to_regclass($1) or confrelid = to_regclass($1))
      union all
      select 'trigger ' || tgname from pg_trigger
      where tgrelid = to_regclass($1) and not tgisinternal
      union all
      select 'policy ' || polname from pg_policy where polrelid = to_regclass($1)
      union all
      select 'publication ' || p.pubname
      from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
      where r.prrelid = to_regclass($1)
      union all
      select 'partition or child ' || inhrelid::regclass from pg_inherits
      where inhparent = to_regclass($1)
      union all
      select 'parent ' || inhparent::regclass from pg_inherits where inhrelid = to_regclass($1)
      union all
      select 'sequence of column ' || attname from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
        and (attidentity <> '' or pg_get_serial_sequence($1, attname) is not null)
      union all
      select 'grants on column ' || attname from pg_attribute
      where attrelid = to_regclass($1) and attacl is not null
      union all
      select 'row level security' from pg_class
      where oid = to_regclass($1) and relrowsecurity
      union all
      select 'replica identity' from pg_class
      where oid = to_regclass($1) and relreplident <> 'd'
      """;

  private static final String GRANTS =
      """
      select format('grant %s on {new} to %s%s', g.privilege_type,
        case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
        case when g.is_grantable then ' with grant option' else '' end)
      from pg_class c cross join aclexplode(c.relacl) g
      where c.oid = to_regclass($1) and g.grantee <> c.relowner
      union all
      select format('comment on table {new} is %L', obj_description(to_regclass($1), 'pg_class'))
      where obj_description(to_regclass($1), 'pg_class') is not null
      union all
      select format('alter table {new} set (%s)', array_to_string(reloptions, ', '))
      from pg_class where oid = to_regclass($1) and reloptions is not null
      union all
      select format('alter table {new} owner to %I', pg_get_userbyid(relowner))
      from pg_class where oid = to_regclass($1) and relowner <> current_user::regrole
      """;

  /** Indexes of both, the same ones side by side: of equal ones, any. */
  private static final String INDEX_NAMES =
      """
      with indexes as (
        select indrelid, relname, indrelid = to_regclass($1) as is_live,
          regexp_replace(pg_get_indexdef(indexrelid), ' INDEX .*? ON .*? USING ', ' ') as does
        from pg_index join pg_class c on c.oid = indexrelid
        where indrelid in (to_regclass($1), to_regclass($2))),
      ranked as (
        select *, row_number() over (partition by is_live, does order by relname) as nth
        from indexes)
      select format('alter index %s.%I rename to %I', $3, fresh.relname, live.relname)
      from ranked live join ranked fresh using (does, nth)
      where live.is_live and not fresh.is_live and live.relname <> fresh.relname
      """;

  private TableRename() {}

  /** What depends on a live table and would stay with the old one, a sentence each. */
  static List<String> problems(Connection connection, DailyTable table) throws SQLException {
    List<String> found = texts(connection, DEPENDENTS, table.live());
    return found.isEmpty()
        ? List.of()
        : List.of(
            "%s has what a renamed table wouldn't have: %s. Swap without --rename"
                .formatted(table.live(), String.join(", ", found)));
  }

  /**
   * Gives the tables of a run the names of the live ones, and those to the run: the same again
   * takes it back. In the connection's transaction, in which the live tables are locked.
   */
  static Map<String, Repairable.Changes> exchange(
      Connection connection, List<DailyTable> tables, String shadow) throws SQLException {
    String aside = shadow + "_aside";
    Map<String, Repairable.Changes> changes = new LinkedHashMap<>();
    List<String> statements = new ArrayList<>();
    statements.add("create schema " + aside);
    for (DailyTable table : tables) {
      String fresh = shadow + "." + table.name();
      changes.put(
          table.live(),
          new Repairable.Changes(count(connection, table.live()), count(connection, fresh), 0));
      texts(connection, GRANTS, table.live())
          .forEach(each -> statements.add(each.replace("{new}", fresh)));
      statements.addAll(texts(connection, INDEX_NAMES, table.live(), fresh, shadow));
      statements.add("alter table %s set schema %s".formatted(table.live(), aside));
      statements.add("alter table %s set schema %s".formatted(fresh, table.schema()));
    }
    statements.add("drop schema " + shadow);
    statements.add("alter schema %s rename to %s".formatted(aside, shadow));
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
    return changes;
  }

  private static long count(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("select count(*) from " + table)) {
      count.next();
      return count.getLong(1);
    }
  }

  /** The texts that a query yields; $1 and so on stand for parameters, each as often as it is. */
  private static List<String> texts(Connection connection, String sql, String... parameters)
      throws SQLException {
    String inlined = sql;
    for (int i = 0; i < parameters.length; i++) {
      inlined = inlined.replace("$" + (i + 1), literal(parameters[i]));
    }
    List<String> texts = new ArrayList<>();
    try (Statement query = connection.createStatement();
        ResultSet rows = query.executeQuery(inlined)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
