package dev.millrace.runners.local;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Runs programs that end by themselves. */
final class Commands {
  private Commands() {}

  static String classPath(List<Path> jars) {
    return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  /**
   * Runs the command to its end.
   *
   * @param purpose what it is to do, for the message when it fails
   * @return what it printed
   */
  static String run(List<String> command, Map<String, String> environment, String purpose)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new LocalStackException("could not " + purpose + ":\n" + output.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroy();
      throw new LocalStackException("interrupted while trying to " + purpose, e);
    }
    return output;
  }
}
