package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.Database;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * Where a pipeline is certified.
 *
 * @param bootstrapServers the broker
 * @param databases makes an empty database of a name
 * @param flinkMaster the REST address of the cluster that runs jobs
 * @param jobJars what it needs for that, this package included
 * @param version of this release
 */
public record Site(
    String bootstrapServers,
    Function<String, Database> databases,
    String flinkMaster,
    List<Path> jobJars,
    String version) {}
