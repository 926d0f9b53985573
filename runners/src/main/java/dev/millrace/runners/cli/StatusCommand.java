package dev.millrace.runners.cli;

import dev.millrace.runners.local.LocalServer;
import dev.millrace.runners.local.LocalStack;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Tells what of the local stack runs. */
@Command(
    name = "status",
    description = "Tell what of the local stack runs, and where. Exit code 1 if not all of it.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

  @Override
  public Integer call() {
    LocalStack stack = Stacks.current();
    List<LocalServer> servers = stack.known();
    if (servers.isEmpty()) {
      System.out.println("There is no local stack in " + stack.home() + ": 'bin/millrace up'");
      return 1;
    }
    boolean all = true;
    for (LocalServer server : servers) {
      boolean running = server.isRunning();
      all &= running;
      System.out.printf(
          "%-10s %-11s %s%n", server.name(), running ? "running" : "not running", server.address());
    }
    return all ? 0 : 1;
  }
}
