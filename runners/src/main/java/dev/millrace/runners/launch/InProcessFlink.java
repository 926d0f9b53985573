package dev.millrace.runners.launch;

import dev.millrace.runners.local.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a Flink in this process keeps, in a directory that goes with the process. Without one it
 * keeps checkpoints in memory, at most 5 MB of each subtask, and leaves its jars behind.
 */
final class InProcessFlink {
  private InProcessFlink() {}

  /** A directory with Flink's configuration. */
  static Path configuration() {
    try {
      Path directory = Files.createTempDirectory("millrace-flink-");
      Path files = Files.createDirectory(directory.resolve("tmp"));
      Files.writeString(
          directory.resolve("flink-conf.yaml"),
          String.join(
              "\n",
              "io.tmp.dirs: " + files,
              "state.checkpoints.dir: " + directory.resolve("checkpoints").toUri(),
              "taskmanager.network.batch-shuffle.compression.enabled: false",
              ""));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory), "delete-flink"));
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As far as it goes: Flink may be ending still, and writing. */
  static void delete(Path directory) {
    try {
      Trees.delete(directory);
    } catch (IOException | UncheckedIOException e) {
      System.err.println("Left behind: " + directory);
    }
  }
}
