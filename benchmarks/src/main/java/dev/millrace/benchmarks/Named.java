package dev.millrace.benchmarks;

import java.util.Arrays;

/** Finds what the command line names. */
final class Named {
  private Named() {}

  /**
   * The one of {@code all} whose text this is.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static <T> T parse(T[] all, String text) {
    return Arrays.stream(all)
        .filter(each -> each.toString().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException("'" + text + "' is none of " + Arrays.toString(all)));
  }
}
