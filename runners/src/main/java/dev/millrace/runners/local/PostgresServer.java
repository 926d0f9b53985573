package dev.millrace.runners.local;

import dev.millrace.io.jdbc.Database;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** PostgreSQL from the binaries that a jar carries. Works as root too, in a user namespace. */
public final class PostgresServer implements LocalServer {
  static final String USER = "millrace";
  private static final String DATABASE = "millrace";

  private final Path directory;
  private final Path log;
  private final int port;
  private final String password;

  PostgresServer(Path home, int port, String password) {
    this.directory = home.resolve("postgres").toAbsolutePath();
    this.log = home.resolve("logs/postgres.log").toAbsolutePath();
    this.port = port;
    this.password = password;
  }

  @Override
  public String name() {
    return "PostgreSQL";
  }

  @Override
  public String address() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + DATABASE;
  }

  /** The server's database, as its owner. */
  public Database database() {
    return new Database(address(), USER, password);
  }

  /** An empty database of that name; one that was there before is gone. */
  public Database freshDatabase(String name) {
    return freshDatabase(name, "template1");
  }

  /**
   * The same with all that another one has.
   *
   * @param template its name; nobody must be connected to it
   */
  public Database freshDatabase(String name, String template) {
    Database owner = database();
    try (Connection connection = owner.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("drop database if exists " + name + " with (force)");
      statement.execute("create database " + name + " template " + template);
    } catch (SQLException e) {
      throw new LocalStackException("can't make database " + name + ": " + e.getMessage(), e);
    }
    return new Database(
        owner.url().replaceAll("/[^/]*$", "/" + name), owner.user(), owner.password());
  }

  @Override
  public boolean isRunning() {
    try (Stream<String> lines = Files.lines(data().resolve("postmaster.pid"))) {
      long pid = Long.parseLong(lines.findFirst().orElse("").strip());
      // After a restart of the machine, the number may be another program's.
      return ProcessHandle.of(pid)
          .filter(ProcessHandle::isAlive)
          .flatMap(process -> process.info().command())
          .filter(command -> command.equals(bin("postgres")))
          .isPresent();
    } catch (IOException | NumberFormatException e) {
      return false; // It was never started, or has ended and removed the file.
    }
  }

  @Override
  public void start() throws IOException {
    if (isRunning()) {
      return;
    }
    extractBinaries();
    Files.createDirectories(log.getParent());
    if (!Files.exists(data().resolve("PG_VERSION"))) {
      initialise();
    }
    List<String> start = pgCtl("start", "-w", "-t", "60", "-l", log.toString());
    start.add("-o");
    start.add(
        "-p "
            + port
            + " -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c timezone=UTC"
            + " -c log_timezone=UTC -c max_connections=200 -c shared_buffers=128MB"
            + " -c max_wal_size=1GB -c track_commit_timestamp=on");
    // pg_ctl's child keeps its output open: to a file, or reading it would never end.
    Commands.run(detached(start), Map.of(), "start PostgreSQL; see " + log);
    createDatabase();
  }

  @Override
  public void stop() throws IOException {
    if (isRunning()) {
      Commands.run(pgCtl("stop", "-w", "-m", "fast"), Map.of(), "stop PostgreSQL");
    }
  }

  /** Ends it without warning, as a crash would: it recovers from its log when it is started. */
  public void kill() throws IOException {
    Commands.run(pgCtl("stop", "-w", "-m", "immediate"), Map.of(), "kill PostgreSQL");
  }

  private void initialise() throws IOException {
    Path passwordFile = Files.createTempFile(directory, "password", "");
    try {
      Files.writeString(passwordFile, password);
      List<String> command = unprivileged(bin("initdb"));
      command.addAll(
          List.of(
              "-D",
              data().toString(),
              "-U",
              USER,
              "--auth=scram-sha-256",
              "--pwfile=" + passwordFile,
              "-E",
              "UTF8",
              "--locale=C"));
      Commands.run(command, Map.of(), "create PostgreSQL's data directory");
    } finally {
      Files.delete(passwordFile);
    }
  }

  private void createDatabase() {
    Database server =
        new Database("jdbc:postgresql://127.0.0.1:" + port + "/postgres", USER, password);
    try (Connection connection = server.connect();
        PreparedStatement exists =
            connection.prepareStatement("select from pg_database where datname = ?")) {
      exists.setString(1, DATABASE);
      try (ResultSet found = exists.executeQuery()) {
        if (!found.next()) {
          try (PreparedStatement create =
              connection.prepareStatement("create database " + DATABASE)) {
            create.executeUpdate();
          }
        }
      }
    } catch (SQLException e) {
      throw new LocalStackException("PostgreSQL started, but: " + e.getMessage(), e);
    }
  }

  private Path data() {
    return directory.resolve("data");
  }

  private String bin(String program) {
    return directory.resolve("bin").resolve(program).toString();
  }

  private List<String> pgCtl(String... arguments) {
    List<String> command = unprivileged(bin("pg_ctl"));
    command.addAll(List.of("-D", data().toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  private List<String> detached(List<String> command) {
    List<String> shell = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1"));
    shell.add(log.toString());
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      shell.addAll(List.of("/usr/bin/setsid", "--wait"));
    }
    shell.addAll(command);
    return shell;
  }

  /** PostgreSQL refuses to run as root; as nobody, in a user namespace of its own, it doesn't. */
  private static List<String> unprivileged(String program) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(program);
    return command;
  }

  private void extractBinaries() throws IOException {
    if (Files.exists(directory.resolve("bin/postgres"))) {
      return;
    }
    Path partial = directory.resolveSibling("postgres.partial");
    Trees.delete(partial);
    try (InputStream packed = PostgresServer.class.getResourceAsStream(archive())) {
      if (packed == null) {
        throw new LocalStackException(
            "there is no PostgreSQL for "
                + System.getProperty("os.name")
                + " on "
                + System.getProperty("os.arch")
                + " here: use one of your own, see MILLRACE_JDBC_URL in the README");
      }
      untar(packed, partial);
    }
    Files.createDirectories(directory.getParent());
    Files.move(partial, directory, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String archive() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).split(" ")[0];
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String name = arch.equals("aarch64") ? "arm_64" : "x86_64";
    return "/postgres-" + os + "-" + name + ".txz";
  }

  private static void untar(InputStream packed, Path target) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new XZCompressorInputStream(packed))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (entry.isDirectory()) {
          Files.createDirectories(path);
          continue;
        }
        Files.createDirectories(path.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else {
          Files.copy(tar, path);
          Files.setPosixFilePermissions(path, permissions(entry.getMode()));
        }
      }
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    boolean executable = (mode & 0100) != 0;
    return PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--");
  }
}
