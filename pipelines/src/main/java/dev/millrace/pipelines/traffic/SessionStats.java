package dev.millrace.pipelines.traffic;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;

/**
 * What a session has. Immutable.
 *
 * @param events how many
 * @param pages the different ones, in order
 */
public record SessionStats(long events, List<String> pages) {

  public SessionStats {
    pages = List.copyOf(pages);
  }

  static SessionStats of(Event event) {
    return new SessionStats(1, event.page() == null ? List.of() : List.of(event.page()));
  }

  SessionStats plus(SessionStats other) {
    List<String> all = pages;
    for (String page : other.pages) {
      int place = Collections.binarySearch(all, page);
      if (place < 0) {
        all = all == pages ? new ArrayList<>(pages) : all;
        all.add(-place - 1, page);
      }
    }
    return new SessionStats(events + other.events, all);
  }

  /** A version byte, then the fields. */
  static final class StatsCoder extends AtomicCoder<SessionStats> {
    private static final long serialVersionUID = 1L;

    private static final int VERSION = 1;
    private static final VarLongCoder LONG = VarLongCoder.of();
    private static final ListCoder<String> TEXTS = ListCoder.of(StringUtf8Coder.of());

    @Override
    public void encode(SessionStats stats, OutputStream out) throws IOException {
      out.write(VERSION);
      LONG.encode(stats.events(), out);
      TEXTS.encode(stats.pages(), out);
    }

    @Override
    public SessionStats decode(InputStream in) throws IOException {
      int version = in.read();
      if (version != VERSION) {
        throw new CoderException(
            "SessionStats of version " + version + ", written by a newer release");
      }
      return new SessionStats(LONG.decode(in), TEXTS.decode(in));
    }
  }
}
