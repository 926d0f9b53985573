package dev.millrace.runners.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A broker without the rest of the stack, in a directory of its own that goes with it. */
public final class BrokerAlone implements AutoCloseable {
  private final Path home;
  private final KafkaBroker broker;

  /** For a test run that is cut off: the broker's process would outlive this one. */
  private final Thread atExit = new Thread(this::purge);

  private BrokerAlone(Path home, int port, List<String> settings) {
    this.home = home;
    this.broker = new KafkaBroker(Installation.current(), home, port, settings);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** One that answers. */
  public static BrokerAlone started() {
    return started(freePort(), List.of());
  }

  /**
   * One that answers, with further settings.
   *
   * @param port where it answers without a password
   */
  public static BrokerAlone started(int port, List<String> settings) {
    Path target = Installation.current().root().resolve("runners/target");
    try {
      Path home = Files.createTempDirectory(target, "it-broker-");
      BrokerAlone alone = new BrokerAlone(home, port, settings);
      alone.start();
      return alone;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One that nobody listens at. */
  public static int freePort() {
    return Ports.free();
  }

  /** Where it is reached, also after a stop and a start. */
  public String address() {
    return broker.address();
  }

  /** Starts it again. */
  public void start() {
    try {
      broker.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends its process; the data stay. */
  public void stop() {
    try {
      broker.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void purge() {
    stop();
    try {
      Trees.delete(home);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    purge();
    Runtime.getRuntime().removeShutdownHook(atExit);
  }
}
