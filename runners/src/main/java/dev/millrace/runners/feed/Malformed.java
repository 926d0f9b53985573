package dev.millrace.runners.feed;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Breaks records in the ways in which they break in practice. */
final class Malformed {
  private final String decimal;
  private final SplittableRandom random;

  Malformed(Events events, SplittableRandom random) {
    this.decimal = events.decimalPattern();
    this.random = random;
  }

  /** A copy that no reader can take for an event. */
  byte[] copyOf(byte[] line) {
    String text = new String(line, StandardCharsets.UTF_8);
    byte[] copy =
        switch (random.nextInt(10)) {
          case 0 -> new byte[0];
          case 1 -> Arrays.copyOf(line, line.length / 2);
          case 2 -> notUtf8(line);
          case 3 -> bytes(text.replaceFirst("\"region\"", "\"land\""));
          case 4 -> bytes(text.replaceFirst("\"event_id\"", "\"event\""));
          case 5 -> bytes(text.replaceFirst(decimal, "$1\"twelve\""));
          case 6 -> bytes(text.replaceFirst(decimal, "$11e999"));
          case 7 -> bytes(text.replaceFirst("(\"event_time\"\\s*:\\s*\")\\d{4}", "$19999"));
          case 8 -> bytes(text.replaceFirst("(\"region\"\\s*:\\s*\")", "$1\\\\u0000"));
          default -> bytes("[" + text + "]");
        };
    // What the line doesn't have can't be broken in it.
    return Arrays.equals(copy, line) ? bytes("[" + text + "]") : copy;
  }

  private static byte[] notUtf8(byte[] line) {
    if (line.length == 0) {
      return new byte[] {(byte) 0xff};
    }
    byte[] broken = line.clone();
    broken[broken.length / 2] = (byte) 0xff;
    return broken;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
