package dev.millrace.runners.support;

import dev.millrace.runners.local.Installation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command, as a user runs it, in a process of its own. */
public final class Cli implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 300;

  private final Process process;
  private final Path output;

  private Cli(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /** What a command printed, and its exit code. */
  public record Ended(int code, String output) {
    private static final Pattern JOB = Pattern.compile("job ([a-z]+-\\d\\S+)");

    /** The name of the job that goes on in the cluster, of {@code run --detach}. */
    public String job() {
      Matcher job = JOB.matcher(output);
      if (!job.find()) {
        throw new AssertionError("no job is named in: " + output);
      }
      return job.group(1);
    }
  }

  /** Runs the command to its end. */
  public static Ended run(Map<String, String> environment, String... arguments) {
    try (Cli cli = start(environment, arguments)) {
      return cli.await();
    }
  }

  /** Starts a command that ends when it is closed. */
  public static Cli start(Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Installation.current().root().resolve("bin/millrace").toString());
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile("millrace", ".out");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.directory(Installation.current().root().toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
      builder.environment().putAll(environment);
      builder.redirectErrorStream(true);
      builder.redirectOutput(output.toFile());
      return new Cli(builder.start(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for the end. */
  public Ended await() {
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("still running after " + TIMEOUT_SECONDS + " s:\n" + output());
      }
      return new Ended(process.exitValue(), output());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it printed so far. */
  public String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it as Ctrl-C does, and waits until it is gone. */
  public Ended interrupt() {
    try {
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return await();
  }

  /** Ends it as kill -9 does, and waits until it is gone. */
  public void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.destroy();
      try {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    try {
      Files.delete(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
