package dev.millrace.runners.cli;

import java.util.List;

/**
 * The work failed for a reason that the user can mend: exit code 1, a line each, no stack trace.
 */
final class FailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final List<String> reasons;

  FailedException(String reason, Throwable cause) {
    super(reason, cause);
    this.reasons = List.of(reason);
  }

  FailedException(List<String> reasons) {
    super(String.join("; ", reasons));
    this.reasons = List.copyOf(reasons);
  }

  List<String> reasons() {
    return reasons;
  }
}
