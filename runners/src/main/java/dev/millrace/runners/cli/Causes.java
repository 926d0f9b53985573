package dev.millrace.runners.cli;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What to tell of an error that came through layers of runner. */
final class Causes {
  private Causes() {}

  /** The deepest cause that says something, in one line. */
  static String describe(Throwable error) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable each = error; each != null && !chain.contains(each); each = each.getCause()) {
      chain.add(each);
    }
    for (Throwable each : chain) {
      if (each instanceof SQLException) {
        return oneLine("database: " + each.getMessage());
      }
    }
    for (int i = chain.size() - 1; i >= 0; i--) {
      String message = chain.get(i).getMessage();
      if (message != null && !message.isBlank()) {
        return oneLine(message);
      }
    }
    return error.getClass().getSimpleName();
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
