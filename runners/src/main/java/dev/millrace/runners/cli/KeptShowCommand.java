package dev.millrace.runners.cli;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.KeptRecords;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows all of a dead letter or a late record. */
@Command(
    name = "show",
    description = "All that is known of one of them, its payload included.",
    mixinStandardHelpOptions = true)
final class KeptShowCommand implements Runnable {
  private static final int BYTES_IN_A_LINE = 32;
  private static final int MAX_BYTES = 4096;

  private final KeptRecords kept;

  @Parameters(paramLabel = "NUMBER", description = "The number that 'list' shows.")
  private long letter;

  @Option(
      names = "--raw",
      description = "Write the payload's bytes to standard output, and nothing else.")
  private boolean raw;

  @Mixin private DatabaseOptions database;

  KeptShowCommand(KeptRecords kept) {
    this.kept = kept;
  }

  @Override
  public void run() {
    Database target = database.required();
    try (Connection connection = target.connect();
        PreparedStatement query =
            connection.prepareStatement("select * from " + kept.table() + " where letter = ?")) {
      query.setLong(1, letter);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          throw new FailedException(
              List.of("there is no number %d in %s".formatted(letter, kept.table())));
        }
        if (raw) {
          byte[] payload = row.getBytes("payload");
          System.out.write(
              payload == null ? new byte[0] : payload, 0, payload == null ? 0 : payload.length);
          System.out.flush();
        } else {
          print(row);
        }
      }
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  private static void print(ResultSet row) throws SQLException {
    ResultSetMetaData columns = row.getMetaData();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      String name = columns.getColumnName(i);
      if (!name.equals("payload")) {
        String value = name.equals("key") ? text(row.getBytes(i)) : row.getString(i);
        System.out.printf("%-18s %s%n", name, value == null ? "" : value);
      }
    }
    System.out.println("payload");
    System.out.println(text(row.getBytes("payload")));
  }

  /** As text if it is UTF-8, else in hexadecimal. */
  private static String text(byte @Nullable [] bytes) {
    if (bytes == null) {
      return "(none)";
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.chars()
          .noneMatch(each -> Character.isISOControl(each) && each != '\n' && each != '\t')) {
        return text;
      }
    } catch (CharacterCodingException e) {
      // Not UTF-8: as it is.
    }
    StringBuilder dump =
        new StringBuilder(
            "(%,d bytes, not all of them text; --raw writes them)".formatted(bytes.length));
    for (int i = 0; i < Math.min(bytes.length, MAX_BYTES); i += BYTES_IN_A_LINE) {
      int end = Math.min(bytes.length, i + BYTES_IN_A_LINE);
      dump.append("\n%6d  ".formatted(i))
          .append(HexFormat.ofDelimiter(" ").formatHex(bytes, i, end));
    }
    return dump.toString();
  }
}
