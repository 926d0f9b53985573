package dev.millrace.io.files;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineReaderTest {

  @Test
  void splitsAtLineFeedsOnly() throws IOException {
    assertThat(lines("a\nbc\r\n\nd"), contains("0:a", "2:bc\r", "6:", "7:d"));
  }

  @Test
  void lastLineFeedStartsNoFurtherLine() throws IOException {
    assertThat(lines("a\n"), contains("0:a"));
    assertThat(lines(""), empty());
    assertThat(lines("\n"), contains("0:"));
  }

  @Test
  void keepsLinesThatAreLongerThanItsBuffer() throws IOException {
    String big = "x".repeat(200_000);

    assertThat(lines("a\n" + big + "\nb"), contains("0:a", "2:" + big, "200003:b"));
  }

  @Test
  void lineEndingExactlyAtTheBuffersEndIsOneLine() throws IOException {
    String exact = "x".repeat((1 << 16) - 1);

    assertThat(lines(exact + "\n" + exact), contains("0:" + exact, "65536:" + exact));
  }

  @Test
  void keepsBytesThatAreNotUtf8() throws IOException {
    byte[] bytes = {(byte) 0xff, 0, (byte) 0x80};

    assertThat(new LineReader(new ByteArrayInputStream(bytes)).next(), is(bytes));
  }

  private static List<String> lines(String text) throws IOException {
    LineReader reader =
        new LineReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    List<String> lines = new ArrayList<>();
    for (byte[] line = reader.next(); line != null; line = reader.next()) {
      lines.add(reader.lineStart() + ":" + new String(line, StandardCharsets.UTF_8));
    }
    return lines;
  }
}
