package dev.millrace.io.jdbc;

import org.flywaydb.core.Flyway;

/**
 * The versions of the schema: {@code db/migration} on the class path, applied in order by Flyway,
 * each once. Their history is {@code ops.schema_history}.
 */
public final class Migrations {
  private Migrations() {}

  /**
   * Brings the database to this release's version.
   *
   * @return how many migrations were applied; 0 if it was there already
   */
  public static int apply(Database database) {
    return Flyway.configure()
        .dataSource(database.dataSource())
        .defaultSchema("ops")
        .createSchemas(true)
        .table("schema_history")
        .load()
        .migrate()
        .migrationsExecuted;
  }
}
