package dev.millrace.runners.local;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * A server in a process of its own that outlives the one that starts it. Known again by a file with
 * its process id and start time, so that a recycled id is never taken for it.
 */
final class ServerProcess {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);
  private static final int LOG_LINES = 15;

  /** The start time is worked out from the clock, which may be set while the process runs. */
  private static final Duration CLOCK_STEP = Duration.ofSeconds(30);

  /**
   * Runs its arguments as a command, again and again; one that ends at once five times is broken.
   */
  private static final String SUPERVISOR =
      """
      trap 'kill $! 2>/dev/null; wait $!; exit 0' TERM
      quick=0
      while [ $quick -lt 5 ]; do
        begin=$(date +%s)
        "$@" &
        wait $!
        echo "ended with status $?, is started again"
        if [ $(($(date +%s) - begin)) -lt 5 ]; then quick=$((quick + 1)); else quick=0; fi
        sleep 1
      done
      exit 1
      """;

  private static final Duration RESTART_TIMEOUT = Duration.ofSeconds(30);

  private final String name;
  private final Path pidFile;
  private final Path log;

  /**
   * A server that may or may not be running.
   *
   * @param name for messages and file names
   */
  ServerProcess(String name, Path home) {
    this.name = name;
    this.pidFile = home.resolve("run").resolve(name + ".pid");
    this.log = home.resolve("logs").resolve(name + ".log");
  }

  /** Starts a JVM with {@code mainClass}. */
  void startJava(List<Path> classPath, String mainClass, List<String> jvmOptions, String... args)
      throws IOException {
    start(
        javaCommand(mainClass, jvmOptions, args),
        Map.of("CLASSPATH", Commands.classPath(classPath)));
  }

  /** The same, and starts it again whenever it ends, unless it ends as soon as it is started. */
  void superviseJava(
      List<Path> classPath, String mainClass, List<String> jvmOptions, String... args)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", SUPERVISOR, "supervise"));
    command.addAll(javaCommand(mainClass, jvmOptions, args));
    start(command, Map.of("CLASSPATH", Commands.classPath(classPath)));
  }

  private static List<String> javaCommand(
      String mainClass, List<String> jvmOptions, String... args) {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(jvmOptions);
    command.add("-Dlog4j2.level=WARN");
    command.add(mainClass);
    command.addAll(List.of(args));
    return command;
  }

  /** The java launcher that runs this very process. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private void start(List<String> command, Map<String, String> environment) throws IOException {
    Files.createDirectories(pidFile.getParent());
    Files.createDirectories(log.getParent());
    List<String> detached = new ArrayList<>();
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      detached.add("/usr/bin/setsid"); // So that a Ctrl-C at the terminal isn't for the servers.
    }
    detached.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(detached);
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    ProcessHandle process = builder.start().toHandle();
    Files.writeString(pidFile, process.pid() + " " + startOf(process).toEpochMilli() + "\n");
  }

  boolean isRunning() {
    return handle().isPresent();
  }

  /**
   * Waits until {@code ready} holds.
   *
   * @throws LocalStackException if the process ends first or it takes too long, with the log's end
   */
  void awaitReady(BooleanSupplier ready, Duration timeout) {
    Instant deadline = Instant.now().plus(timeout);
    while (!ready.getAsBoolean()) {
      if (!isRunning()) {
        throw new LocalStackException(name + " ended while starting; " + logEnd());
      }
      if (Instant.now().isAfter(deadline)) {
        throw new LocalStackException(
            name + " was not ready within " + timeout.toSeconds() + " s; " + logEnd());
      }
      pause();
    }
  }

  /** Asks the process to end, kills it if it doesn't; returns when it is gone. */
  void stop() throws IOException {
    Optional<ProcessHandle> process = handle();
    if (process.isPresent()) {
      List<ProcessHandle> supervised = process.get().children().toList();
      process.get().destroy();
      if (!awaitExit(process.get())) {
        process.get().destroyForcibly();
        awaitExit(process.get());
      }
      supervised.forEach(ProcessHandle::destroyForcibly);
    }
    Files.deleteIfExists(pidFile);
  }

  /** Kills the process without warning (SIGKILL), as a crash would. */
  void kill() {
    handle()
        .ifPresent(
            process -> {
              process.destroyForcibly();
              awaitExit(process);
            });
  }

  /** The same with a supervised process, which is then started again; waits until it runs. */
  void killSupervised() {
    Instant deadline = Instant.now().plus(RESTART_TIMEOUT);
    Optional<ProcessHandle> supervised = supervised();
    while (supervised.isEmpty()) {
      if (Instant.now().isAfter(deadline)) {
        throw new LocalStackException(name + " doesn't run");
      }
      pause();
      supervised = supervised();
    }
    supervised.get().destroyForcibly();
    awaitExit(supervised.get());
  }

  private Optional<ProcessHandle> supervised() {
    return handle().stream()
        .flatMap(ProcessHandle::children)
        .filter(child -> child.info().command().orElse("").endsWith("/java"))
        .findFirst();
  }

  private static boolean awaitExit(ProcessHandle process) {
    try {
      process.onExit().get(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private Optional<ProcessHandle> handle() {
    try {
      String[] parts = Files.readString(pidFile).strip().split(" ");
      long started = Long.parseLong(parts[1]);
      return ProcessHandle.of(Long.parseLong(parts[0]))
          .filter(ProcessHandle::isAlive)
          .filter(
              process ->
                  Math.abs(startOf(process).toEpochMilli() - started) <= CLOCK_STEP.toMillis());
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // Not started, or its file is damaged: then it isn't ours.
    }
  }

  private static Instant startOf(ProcessHandle process) {
    return process.info().startInstant().orElse(Instant.EPOCH);
  }

  private String logEnd() {
    try {
      List<String> lines = Files.readAllLines(log);
      return log
          + " ends with:\n  "
          + String.join("\n  ", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    } catch (IOException e) {
      return "see " + log;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStackException("interrupted");
    }
  }
}
