package dev.millrace.runners.cli;

import java.util.List;

/** The user asked for something that can't be: exit code 2, all mistakes at once. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final List<String> mistakes;

  UsageException(List<String> mistakes) {
    super(String.join("; ", mistakes));
    this.mistakes = mistakes.stream().distinct().toList();
  }

  List<String> mistakes() {
    return mistakes;
  }
}
