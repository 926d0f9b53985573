package dev.millrace.runners.local;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Flink session cluster: a JobManager, a TaskManager, and the ZooKeeper in which the JobManager
 * keeps what it needs to take up its jobs again; a process each, started again when it ends.
 */
public final class FlinkCluster implements LocalServer {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);
  private static final Pattern TASK_MANAGERS = Pattern.compile("\"taskmanagers\":(\\d+)");
  private static final int SLOTS = 4;

  private final List<Path> classPath;
  private final List<Path> connectors;
  private final Path directory;
  private final int restPort;
  private final ServerProcess zooKeeper;
  private final ServerProcess jobManager;
  private final ServerProcess taskManager;

  /**
   * A cluster.
   *
   * @param name of its directory and logs below {@code home}
   * @param classPath with Beam for thin job jars, without for those that bring everything
   * @param connectors copied when the cluster starts, so that a build doesn't change them under it
   */
  public FlinkCluster(
      String name, List<Path> classPath, List<Path> connectors, Path home, int restPort) {
    this.connectors = connectors;
    this.classPath = classPath;
    this.directory = home.resolve(name).toAbsolutePath();
    this.restPort = restPort;
    this.zooKeeper = new ServerProcess(name + "-zookeeper", home);
    this.jobManager = new ServerProcess(name + "-jobmanager", home);
    this.taskManager = new ServerProcess(name + "-taskmanager", home);
  }

  @Override
  public String name() {
    return "Flink";
  }

  @Override
  public String address() {
    return "127.0.0.1:" + restPort;
  }

  @Override
  public boolean isRunning() {
    return zooKeeper.isRunning() && jobManager.isRunning() && taskManager.isRunning();
  }

  @Override
  public boolean holdsItsPort() {
    return jobManager.isRunning();
  }

  @Override
  public void start() throws IOException {
    if (isRunning()) {
      return;
    }
    stop(); // What is left of it would not find the others.
    Files.createDirectories(directory.resolve("tmp"));
    copyConnectors();
    int zooKeeperPort = Ports.free();
    Files.writeString(directory.resolve("zoo.cfg"), zooKeeperConfig(zooKeeperPort));
    Files.writeString(directory.resolve("flink-conf.yaml"), config(zooKeeperPort));
    startJava(
        zooKeeper,
        "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
        List.of("-Xmx64m"),
        "--zkConfigFile",
        directory.resolve("zoo.cfg").toString(),
        "--peerId",
        "1");
    zooKeeper.awaitReady(() -> Ports.answers(zooKeeperPort), START_TIMEOUT);
    startJava(
        jobManager,
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        List.of("-Xmx384m", "-XX:MaxMetaspaceSize=384m"),
        "--configDir",
        directory.toString());
    startJava(
        taskManager,
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        List.of("-Xmx768m", "-XX:MaxDirectMemorySize=448m", "-XX:MaxMetaspaceSize=384m"),
        "--configDir",
        directory.toString());
    jobManager.awaitReady(() -> taskManagers() >= 0, START_TIMEOUT);
    taskManager.awaitReady(() -> taskManagers() >= 1, START_TIMEOUT);
  }

  @Override
  public void stop() throws IOException {
    taskManager.stop();
    jobManager.stop();
    zooKeeper.stop();
  }

  /** Whether the cluster was started with other connectors than there are now. */
  public boolean isOutdated() {
    try {
      for (Path jar : connectors) {
        Path copy = copyOf(jar);
        if (!Files.exists(copy) || Files.mismatch(jar, copy) >= 0) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new LocalStackException("can't compare jars: " + e.getMessage(), e);
    }
  }

  private void copyConnectors() throws IOException {
    Files.createDirectories(directory.resolve("lib"));
    for (Path jar : connectors) {
      Files.copy(jar, copyOf(jar), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private Path copyOf(Path jar) {
    return directory.resolve("lib").resolve(jar.getFileName());
  }

  /** Ends the TaskManager without warning, as a crash would; it comes back by itself. */
  public void killTaskManager() {
    taskManager.killSupervised();
  }

  /** Ends the JobManager without warning; it comes back by itself, and its jobs with it. */
  public void killJobManager() {
    jobManager.killSupervised();
  }

  /** Ends the ZooKeeper without warning; it comes back by itself. */
  public void killZooKeeper() {
    zooKeeper.killSupervised();
  }

  private void startJava(
      ServerProcess process, String mainClass, List<String> jvmOptions, String... arguments)
      throws IOException {
    List<String> options = new ArrayList<>(Installation.ADD_OPENS);
    options.addAll(jvmOptions);
    options.add("-XX:+UseG1GC");
    options.add("-Djava.io.tmpdir=" + directory.resolve("tmp"));
    List<Path> jars = new ArrayList<>(classPath);
    connectors.forEach(jar -> jars.add(copyOf(jar)));
    process.superviseJava(jars, mainClass, options, arguments);
  }

  /** How many TaskManagers are registered; -1 if the JobManager doesn't answer. */
  private int taskManagers() {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address() + "/overview"))
            .timeout(Duration.ofSeconds(2))
            .build();
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      Matcher count = TASK_MANAGERS.matcher(answer.body());
      return answer.statusCode() == 200 && count.find() ? Integer.parseInt(count.group(1)) : -1;
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  private String zooKeeperConfig(int port) {
    return String.join(
        "\n",
        "dataDir=" + directory.resolve("zookeeper"),
        "clientPort=" + port,
        "clientPortAddress=127.0.0.1",
        "tickTime=1000",
        "maxClientCnxns=0",
        "admin.enableServer=false",
        "");
  }

  private String config(int zooKeeperPort) {
    return String.join(
        "\n",
        "jobmanager.rpc.address: 127.0.0.1",
        "jobmanager.bind-host: 127.0.0.1",
        "high-availability.type: zookeeper",
        "high-availability.zookeeper.quorum: 127.0.0.1:" + zooKeeperPort,
        "high-availability.zookeeper.client.session-timeout: 5000",
        "high-availability.storageDir: " + directory.resolve("jobs").toUri(),
        "rest.address: 127.0.0.1",
        "rest.bind-address: 127.0.0.1",
        "rest.port: " + restPort,
        "rest.bind-port: " + restPort,
        "blob.server.port: " + Ports.free(),
        "taskmanager.host: 127.0.0.1",
        "taskmanager.bind-host: 127.0.0.1",
        // New ones at each start: where one that was killed comes back at its old address, the
        // JobManager's connection to the old one may never end, and the new one is never heard.
        "taskmanager.rpc.port: 0",
        "taskmanager.data.port: 0",
        "taskmanager.cpu.cores: " + SLOTS + ".0",
        "taskmanager.numberOfTaskSlots: " + SLOTS,
        "taskmanager.memory.framework.heap.size: 128m",
        "taskmanager.memory.task.heap.size: 640m",
        "taskmanager.memory.framework.off-heap.size: 128m",
        "taskmanager.memory.task.off-heap.size: 192m",
        "taskmanager.memory.network.min: 128m",
        "taskmanager.memory.network.max: 128m",
        "taskmanager.network.sort-shuffle.min-buffers: 64",
        "taskmanager.network.batch-shuffle.compression.enabled: false",
        "taskmanager.memory.managed.size: 128m",
        "taskmanager.memory.jvm-metaspace.size: 384m",
        "taskmanager.memory.jvm-overhead.min: 192m",
        "taskmanager.memory.jvm-overhead.max: 192m",
        "heartbeat.interval: 2000",
        "heartbeat.timeout: 30000",
        "restart-strategy.exponential-delay.initial-backoff: 500 ms",
        "restart-strategy.exponential-delay.max-backoff: 5 s",
        "io.tmp.dirs: " + directory.resolve("tmp"),
        "web.upload.dir: " + directory.resolve("tmp"),
        "state.checkpoints.dir: " + directory.resolve("checkpoints").toUri(),
        "state.savepoints.dir: " + directory.resolve("savepoints").toUri(),
        "");
  }
}
