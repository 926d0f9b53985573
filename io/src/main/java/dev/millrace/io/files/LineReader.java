package dev.millrace.io.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Splits a stream at its line feeds and keeps the bytes of each line as they are, whatever their
 * encoding. The JDK's readers decode; a dead letter needs the bytes.
 */
public final class LineReader {
  /** A longer line is no record: the file is of another format. */
  static final int MAX_LINE_BYTES = 64 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long lineStart;
  private long nextLineStart;

  public LineReader(InputStream in) {
    this.in = in;
  }

  /**
   * The next line without its line feed; null after the last. A line feed at the end of the stream
   * starts no further line.
   */
  public byte @Nullable [] next() throws IOException {
    lineStart = nextLineStart;
    ByteArrayOutputStream partial = null;
    while (fill()) {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      int length = end - position;
      if (end < limit && partial == null) {
        byte[] line = Arrays.copyOfRange(buffer, position, end);
        advance(length + 1);
        return line;
      }
      partial = partial == null ? new ByteArrayOutputStream() : partial;
      partial.write(buffer, position, length);
      if (partial.size() > MAX_LINE_BYTES) {
        throw new IOException(
            "the line that starts at byte "
                + lineStart
                + " is longer than "
                + (MAX_LINE_BYTES >> 20)
                + " MiB; is this a file of JSON lines?");
      }
      if (end < limit) {
        advance(length + 1);
        return partial.toByteArray();
      }
      advance(length);
    }
    return partial == null ? null : partial.toByteArray();
  }

  /** Where the line that {@link #next} gave last starts, in bytes from the stream's start. */
  public long lineStart() {
    return lineStart;
  }

  private boolean fill() throws IOException {
    if (position < limit) {
      return true;
    }
    position = 0;
    limit = Math.max(0, in.read(buffer));
    return limit > 0;
  }

  private void advance(int bytes) {
    position += bytes;
    nextLineStart += bytes;
  }
}
