package dev.millrace.runners.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/** A Kafka broker that is its own controller (KRaft). */
public final class KafkaBroker implements LocalServer {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

  private final Installation installation;
  private final Path directory;
  private final int port;
  private final List<String> settings;
  private final ServerProcess process;

  KafkaBroker(Installation installation, Path home, int port) {
    this(installation, home, port, List.of());
  }

  /**
   * A broker with further settings.
   *
   * @param settings lines of its configuration; they win over ours
   */
  KafkaBroker(Installation installation, Path home, int port, List<String> settings) {
    this.installation = installation;
    this.directory = home.resolve("kafka");
    this.port = port;
    this.settings = List.copyOf(settings);
    this.process = new ServerProcess("kafka", home);
  }

  @Override
  public String name() {
    return "Kafka";
  }

  @Override
  public String address() {
    return "127.0.0.1:" + port;
  }

  @Override
  public boolean isRunning() {
    return process.isRunning();
  }

  @Override
  public void start() throws IOException {
    if (isRunning()) {
      return;
    }
    Files.createDirectories(directory);
    Path config = directory.resolve("server.properties");
    Files.writeString(config, config());
    if (!Files.exists(directory.resolve("log/meta.properties"))) {
      format(config);
    }
    process.startJava(
        installation.kafkaClassPath(),
        "kafka.Kafka",
        List.of("-Xms128m", "-Xmx384m", "-XX:+UseG1GC"),
        config.toString());
    process.awaitReady(this::answers, START_TIMEOUT);
  }

  @Override
  public void stop() throws IOException {
    process.stop();
  }

  /** Ends it without warning, as a crash would. */
  public void kill() {
    process.kill();
  }

  private boolean answers() {
    if (!Ports.answers(port)) {
      return false;
    }
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", address(), "request.timeout.ms", "2000"))) {
      return !admin.describeCluster().nodes().get(2, TimeUnit.SECONDS).isEmpty();
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void format(Path config) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ServerProcess.java());
    command.add("-Xmx128m");
    command.add("kafka.tools.StorageTool");
    command.addAll(List.of("format", "-t", Uuid.randomUuid().toString(), "-c", config.toString()));
    Commands.run(
        command,
        Map.of("CLASSPATH", Commands.classPath(installation.kafkaClassPath())),
        "format the broker's storage");
  }

  private String config() {
    int controllerPort = Ports.free();
    return String.join(
        "\n",
        "process.roles=broker,controller",
        "node.id=1",
        "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
        "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
        "advertised.listeners=PLAINTEXT://127.0.0.1:" + port,
        "controller.listener.names=CONTROLLER",
        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs=" + directory.resolve("log").toAbsolutePath(),
        "num.partitions=4",
        "auto.create.topics.enable=false",
        "offsets.topic.num.partitions=4",
        "offsets.topic.replication.factor=1",
        "transaction.state.log.num.partitions=4",
        "transaction.state.log.replication.factor=1",
        "transaction.state.log.min.isr=1",
        "group.initial.rebalance.delay.ms=0",
        "# Room for the 10 MB record that must become a dead letter.",
        "message.max.bytes=33554432",
        String.join("\n", settings),
        "");
  }
}
