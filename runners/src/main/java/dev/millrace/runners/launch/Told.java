package dev.millrace.runners.launch;

import java.util.Map;

/** Who is told how a run goes. */
public interface Told {
  /** The user, line by line. */
  Told PRINTED = System.out::println;

  /** A line for a person. */
  void line(String text);

  /** The pipeline's counters, as far as they are known, from time to time and at the end. */
  default void counts(Map<String, Long> counts) {}
}
