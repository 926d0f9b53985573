package dev.millrace.runners.cli;

import dev.millrace.runners.local.LocalStack;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Stops the local stack. */
@Command(
    name = "down",
    description = "Stop the local stack. Its data stay, unless purged.",
    mixinStandardHelpOptions = true)
final class DownCommand implements Runnable {

  @Option(names = "--purge", description = "Delete the state directory with all data, too.")
  private boolean purge;

  @Override
  public void run() {
    LocalStack stack = Stacks.current();
    if (stack.environment().isEmpty()) {
      System.out.println("Nothing to stop: there is no local stack in " + stack.home());
    } else if (purge) {
      stack.purge(System.out::println);
    } else {
      stack.stop(System.out::println);
    }
  }
}
