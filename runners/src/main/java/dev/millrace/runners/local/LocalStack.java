package dev.millrace.runners.local;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The servers below one state directory, and the file that tells where they are. Their data survive
 * {@link #stop} and {@link #start}; ports and password, once chosen, stay.
 */
public final class LocalStack {
  /** Ports that the user wants; the others are chosen free. */
  public record WantedPorts(OptionalInt kafka, OptionalInt postgres, OptionalInt flink) {
    /** No wish. */
    public static WantedPorts any() {
      return new WantedPorts(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
    }
  }

  private static final String ENV_FILE = "local.env";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What the stack makes in its directory, beside the lock. */
  private static final List<String> MADE =
      List.of("kafka", "postgres", "postgres.partial", "flink", "run", "logs", ENV_FILE);

  private final Installation installation;
  private final Path home;

  /**
   * The stack of a state directory, running or not.
   *
   * @param home made when the stack starts
   */
  public LocalStack(Installation installation, Path home) {
    this.installation = installation;
    this.home = home.toAbsolutePath().normalize();
  }

  /** The state directory. */
  public Path home() {
    return home;
  }

  /** The addresses of the last start, by the names of the environment variables. */
  public Optional<Map<String, String>> environment() {
    Path file = home.resolve(ENV_FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    Map<String, String> values = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(file)) {
        int equals = line.indexOf('=');
        if (equals > 0 && !line.startsWith("#")) {
          values.put(line.substring(0, equals), line.substring(equals + 1));
        }
      }
    } catch (IOException e) {
      throw new LocalStackException("can't read " + file + ": " + e.getMessage(), e);
    }
    return Optional.of(values);
  }

  /**
   * Starts what doesn't run, all at once, and returns when everything answers.
   *
   * @param report told of each server, a line each
   */
  public void start(WantedPorts wanted, Consumer<String> report) {
    locked(() -> startAll(wanted, server -> true, report));
  }

  /** The same without the cluster: for jobs that run elsewhere. */
  public void startWithoutFlink(Consumer<String> report) {
    locked(() -> startAll(WantedPorts.any(), server -> !(server instanceof FlinkCluster), report));
  }

  private void startAll(
      WantedPorts wanted, Predicate<LocalServer> isWanted, Consumer<String> report)
      throws IOException {
    Map<String, String> settings = settings(wanted);
    writeEnvironment(settings);
    List<CompletableFuture<Void>> starts = new ArrayList<>();
    for (LocalServer server : servers(settings)) {
      if (isWanted.test(server)) {
        starts.add(CompletableFuture.runAsync(() -> startOne(server, report)));
      }
    }
    await(CompletableFuture.allOf(starts.toArray(new CompletableFuture<?>[0])), report);
  }

  private static void await(CompletableFuture<Void> starts, Consumer<String> report) {
    Instant begin = Instant.now();
    while (true) {
      try {
        starts.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        report.accept("... %d s".formatted(Duration.between(begin, Instant.now()).toSeconds()));
      } catch (ExecutionException e) {
        throw e.getCause() instanceof LocalStackException cause
            ? cause
            : new LocalStackException(String.valueOf(e.getCause()), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LocalStackException("interrupted", e);
      }
    }
  }

  private static void startOne(LocalServer server, Consumer<String> report) {
    if (server.isRunning()) {
      report.accept("%-10s runs already at %s".formatted(server.name(), server.address()));
      return;
    }
    Instant begin = Instant.now();
    try {
      server.start();
    } catch (IOException e) {
      throw new LocalStackException("can't start " + server.name() + ": " + e.getMessage(), e);
    }
    double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
    report.accept(
        "%-10s ready at %s after %.1f s".formatted(server.name(), server.address(), seconds));
  }

  /** Ends everything; the data stay. */
  public void stop(Consumer<String> report) {
    if (Files.exists(home)) {
      locked(() -> stopAll(report));
    }
  }

  /** Ends everything and deletes what the stack has made in the state directory. */
  public void purge(Consumer<String> report) {
    if (!Files.exists(home)) {
      return;
    }
    locked(
        () -> {
          stopAll(report);
          for (String each : MADE) {
            Trees.delete(home.resolve(each));
          }
        });
    try {
      Files.deleteIfExists(home.resolve("lock"));
      Files.deleteIfExists(home);
      report.accept("deleted " + home);
    } catch (IOException e) {
      report.accept("deleted the data in " + home); // It holds other things, which stay.
    }
  }

  /** One that can't be stopped doesn't keep the others running. */
  private void stopAll(Consumer<String> report) {
    List<String> failures = new ArrayList<>();
    for (LocalServer server : known()) {
      try {
        boolean wasRunning = server.holdsItsPort();
        server.stop();
        report.accept(
            "%-10s %s".formatted(server.name(), wasRunning ? "stopped" : "was not running"));
      } catch (IOException | LocalStackException e) {
        failures.add(server.name() + " could not be stopped: " + e.getMessage());
      }
    }
    if (!failures.isEmpty()) {
      throw new LocalStackException(String.join("; ", failures));
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  /** Keeps other processes from starting and stopping the same servers meanwhile. */
  @SuppressWarnings("try")
  private void locked(Work work) {
    try {
      Files.createDirectories(home);
      try (RandomAccessFile lockFile = new RandomAccessFile(home.resolve("lock").toFile(), "rw");
          FileLock lock = lockFile.getChannel().lock()) {
        work.run();
      } catch (OverlappingFileLockException e) {
        work.run(); // This very process is at it, and was interrupted.
      }
    } catch (IOException e) {
      throw new LocalStackException("can't use " + home + ": " + e.getMessage(), e);
    }
  }

  /** The servers of the last start, running or not; empty before the first. */
  public List<LocalServer> known() {
    return environment().map(this::servers).orElse(List.of());
  }

  /** The broker. */
  public KafkaBroker kafka() {
    return one(KafkaBroker.class);
  }

  /** The database server. */
  public PostgresServer postgres() {
    return one(PostgresServer.class);
  }

  /** The session cluster. */
  public FlinkCluster flink() {
    return one(FlinkCluster.class);
  }

  private <T> T one(Class<T> type) {
    return known().stream()
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow(() -> new LocalStackException("the local stack was never started"));
  }

  private List<LocalServer> servers(Map<String, String> settings) {
    return List.of(
        new KafkaBroker(installation, home, port(settings, Environment.BOOTSTRAP_SERVERS)),
        new PostgresServer(
            home,
            port(settings, Environment.JDBC_URL),
            settings.getOrDefault(Environment.JDBC_PASSWORD, "")),
        new FlinkCluster(
            "flink",
            installation.flinkWithBeamClassPath(),
            installation.connectorJars(),
            home,
            port(settings, Environment.FLINK_MASTER)));
  }

  private Map<String, String> settings(WantedPorts wanted) {
    Map<String, String> before = environment().orElse(Map.of());
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(
        Environment.BOOTSTRAP_SERVERS,
        "127.0.0.1:"
            + choose(wanted.kafka(), before, Environment.BOOTSTRAP_SERVERS, KafkaBroker.class));
    settings.put(
        Environment.JDBC_URL,
        "jdbc:postgresql://127.0.0.1:"
            + choose(wanted.postgres(), before, Environment.JDBC_URL, PostgresServer.class)
            + "/millrace");
    settings.put(Environment.JDBC_USER, PostgresServer.USER);
    settings.put(
        Environment.JDBC_PASSWORD,
        before.getOrDefault(Environment.JDBC_PASSWORD, randomPassword()));
    settings.put(
        Environment.FLINK_MASTER,
        "127.0.0.1:"
            + choose(wanted.flink(), before, Environment.FLINK_MASTER, FlinkCluster.class));
    return settings;
  }

  /** The port it has, if it runs or that port is free; the wanted one; or any free one. */
  private int choose(
      OptionalInt wanted,
      Map<String, String> before,
      String variable,
      Class<? extends LocalServer> type) {
    Function<Map<String, String>, Integer> old = settings -> port(settings, variable);
    boolean running = !before.isEmpty() && one(type).holdsItsPort();
    if (wanted.isPresent()) {
      int port = wanted.getAsInt();
      if (running && old.apply(before) != port) {
        throw new LocalStackException(
            one(type).name() + " runs already at another port: 'bin/millrace down' first");
      }
      if (!running && !Ports.isFree(port)) {
        throw new LocalStackException("port " + port + " is in use by another program");
      }
      return port;
    }
    if (!before.isEmpty() && (running || Ports.isFree(old.apply(before)))) {
      return old.apply(before);
    }
    return Ports.free();
  }

  /** The digits after the last colon. */
  private static int port(Map<String, String> settings, String variable) {
    String address = settings.getOrDefault(variable, "");
    String digits = address.substring(address.lastIndexOf(':') + 1).split("/")[0];
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw new LocalStackException(
          ENV_FILE + " is damaged (" + variable + "): 'bin/millrace down --purge' starts anew", e);
    }
  }

  private void writeEnvironment(Map<String, String> settings) throws IOException {
    StringBuilder text =
        new StringBuilder("# Where the local stack is. Written by 'bin/millrace up'.\n");
    settings.forEach((name, value) -> text.append(name).append('=').append(value).append('\n'));
    Path file = home.resolve(ENV_FILE);
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.writeString(file, text);
  }

  private static String randomPassword() {
    byte[] bytes = new byte[12];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
