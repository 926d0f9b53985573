package dev.millrace.runners.feed;

import java.nio.charset.StandardCharsets;

/** Copies of events that say something else: the same id, another amount. */
final class Conflicting {
  /** No event that is made up has it. */
  private static final String OTHER = "-777.77";

  private final String field;
  private final String decimal;

  Conflicting(Events events) {
    this.field = events.decimalField();
    this.decimal = events.decimalPattern();
  }

  /** One of two of which nobody can know which is right. */
  byte[] copyOf(byte[] line) {
    String text = new String(line, StandardCharsets.UTF_8);
    String other = text.replaceFirst(decimal, "$1" + OTHER);
    if (other.equals(text)) {
      other = text.replaceFirst("\\{", "{\"" + field + "\":" + OTHER + ",");
    }
    return other.getBytes(StandardCharsets.UTF_8);
  }
}
