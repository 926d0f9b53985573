package dev.millrace.runners.local;

import java.io.IOException;

/** One server of the local stack. */
public interface LocalServer {
  /** For people: what it is. */
  String name();

  /** Whether its process lives. */
  boolean isRunning();

  /** Whether its port is taken by a process of it, though it may not be whole. */
  default boolean holdsItsPort() {
    return isRunning();
  }

  /** Starts it and returns when it answers; does nothing if it runs. */
  void start() throws IOException;

  /** Ends it and returns when it is gone; does nothing if it doesn't run. */
  void stop() throws IOException;

  /** Where it is reached. */
  String address();
}
