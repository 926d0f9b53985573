package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.Migrations;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Brings a database to this release's tables. */
@Command(
    name = "migrate",
    description = "Create or upgrade the tables (schemas silver, gold, ops) of a database.",
    mixinStandardHelpOptions = true)
final class MigrateCommand implements Runnable {

  @Mixin private DatabaseOptions options;

  @Override
  public void run() {
    Database database = options.required();
    Databases.check(database, List.of());
    int applied = Migrations.apply(database);
    System.out.println(
        database.url()
            + (applied == 0 ? " is up to date." : ": applied " + applied + " migrations."));
  }
}
