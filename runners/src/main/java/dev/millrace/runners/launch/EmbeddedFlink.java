package dev.millrace.runners.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.util.EnvironmentInformation;

/**
 * A Flink session cluster in this process: jobs are submitted, drained and asked over REST as with
 * any other, and see the classes and the statics of this process.
 */
public final class EmbeddedFlink implements AutoCloseable {
  private static final int SLOTS = 4;

  private final Path directory;
  private final MiniCluster cluster;
  private final Path noJar;

  private EmbeddedFlink(Path directory, MiniCluster cluster, Path noJar) {
    this.directory = directory;
    this.cluster = cluster;
    this.noJar = noJar;
  }

  /** Starts one on free ports; its checkpoints and savepoints go with it. */
  public static EmbeddedFlink start() {
    return start(Map.of());
  }

  /**
   * The same with settings of one's own.
   *
   * @param settings of Flink's configuration file
   */
  public static EmbeddedFlink start(Map<String, String> settings) {
    try {
      Path directory = Files.createTempDirectory("millrace-flink-");
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> InProcessFlink.delete(directory), "delete-flink"));
      Path noJar = directory.resolve("empty.jar");
      // Beam ships the whole class path if there is nothing to ship.
      Manifest manifest = new Manifest();
      manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
      try (OutputStream jar = new JarOutputStream(Files.newOutputStream(noJar), manifest)) {
        jar.flush();
      }
      MiniCluster cluster =
          new MiniCluster(
              new MiniClusterConfiguration.Builder()
                  .setConfiguration(configuration(directory, settings))
                  .setNumTaskManagers(1)
                  .setNumSlotsPerTaskManager(SLOTS)
                  .build());
      cluster.start();
      return new EmbeddedFlink(directory, cluster, noJar);
    } catch (Exception e) {
      throw new IllegalStateException("Flink doesn't start: " + e.getMessage(), e);
    }
  }

  private static Configuration configuration(Path directory, Map<String, String> settings)
      throws IOException {
    Configuration configuration = new Configuration();
    configuration.setString("rest.address", "127.0.0.1");
    configuration.setString("rest.bind-port", "0");
    configuration.setString("classloader.resolve-order", "parent-first");
    configuration.setString("restart-strategy.type", "fixed-delay");
    configuration.setString("restart-strategy.fixed-delay.attempts", "20");
    configuration.setString("restart-strategy.fixed-delay.delay", "100 ms");
    configuration.setString("taskmanager.memory.network.min", "64m");
    configuration.setString("taskmanager.memory.network.max", "64m");
    configuration.setString("taskmanager.memory.managed.size", "128m");
    configuration.setString(
        "io.tmp.dirs", Files.createDirectory(directory.resolve("tmp")).toString());
    configuration.setString(
        "state.checkpoints.dir", directory.resolve("checkpoints").toUri().toString());
    configuration.setString(
        "state.savepoints.dir", directory.resolve("savepoints").toUri().toString());
    settings.forEach(configuration::setString);
    return configuration;
  }

  /** Its release. */
  public static String version() {
    return EnvironmentInformation.getVersion();
  }

  /** Its REST address. */
  public String address() {
    try {
      return "127.0.0.1:" + cluster.getRestAddress().get().getPort();
    } catch (Exception e) {
      throw new IllegalStateException("Flink has ended", e);
    }
  }

  /** What it needs to run jobs: nothing, as a jar. */
  public List<Path> jobJars() {
    return List.of(noJar);
  }

  @Override
  public void close() {
    try {
      cluster.close();
    } catch (Exception e) {
      throw new IllegalStateException("Flink doesn't end: " + e.getMessage(), e);
    } finally {
      InProcessFlink.delete(directory);
    }
  }
}
