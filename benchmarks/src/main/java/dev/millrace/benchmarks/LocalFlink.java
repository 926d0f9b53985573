package dev.millrace.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;

/** The Flink of this process, the same for Beam and without Beam. */
final class LocalFlink {
  static final Duration CHECKPOINTING_INTERVAL = Duration.ofSeconds(10);
  static final Duration WATERMARK_INTERVAL = Duration.ofMillis(100);

  private static final Map<String, String> SETTINGS =
      new TreeMap<>(
          Map.of(
              "taskmanager.memory.managed.size", "32m",
              "taskmanager.memory.network.min", "64m",
              "taskmanager.memory.network.max", "64m",
              // Records that come twice would count twice: a job that fails is no measurement.
              "restart-strategy.type", "none",
              "taskmanager.network.batch-shuffle.compression.enabled", "false"));

  private LocalFlink() {}

  static Configuration configuration(boolean rocksDb) {
    return Configuration.fromMap(settings(rocksDb));
  }

  private static Map<String, String> settings(boolean rocksDb) {
    Map<String, String> settings = new TreeMap<>(SETTINGS);
    // In memory, they may have 5 MB.
    settings.put(
        "state.checkpoints.dir",
        Path.of(System.getProperty("java.io.tmpdir"), "checkpoints").toUri().toString());
    if (rocksDb) {
      settings.put("state.backend.type", "rocksdb");
      settings.put("state.backend.incremental", "true");
      settings.put("taskmanager.memory.managed.size", "512m");
    }
    return settings;
  }

  /** A directory with the same configuration as a file: Beam reads it from nowhere else. */
  static Path configurationDirectory(boolean rocksDb) {
    try {
      Path directory = Files.createTempDirectory("flink-conf");
      Path file = directory.resolve("flink-conf.yaml");
      directory.toFile().deleteOnExit();
      file.toFile().deleteOnExit();
      Files.writeString(
          file,
          settings(rocksDb).entrySet().stream()
              .map(each -> each.getKey() + ": " + each.getValue() + "\n")
              .collect(Collectors.joining()));
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
