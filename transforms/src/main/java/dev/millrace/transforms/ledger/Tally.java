package dev.millrace.transforms.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.joda.time.Duration;
import org.joda.time.Instant;

/** What one bundle adds to the accounts. */
public final class Tally {
  private final long windowMillis;
  private final Map<String, Map<Long, long[]>> counts = new HashMap<>();
  private long oldest;

  // Most records of a bundle are of the same window.
  private String lastStage = "";
  private long lastStart;
  private long[] last = {};

  /**
   * An empty one.
   *
   * @param window the size of the event-time windows
   */
  public Tally(Duration window) {
    this.windowMillis = window.getMillis();
    this.oldest = Long.MAX_VALUE;
  }

  /** Counts a record of this event time, milliseconds since 1970. */
  public void add(String stage, long millis) {
    long start = millis - Math.floorMod(millis, windowMillis);
    oldest = Math.min(oldest, millis);
    if (last.length == 0 || start != lastStart || !stage.equals(lastStage)) {
      last = cell(stage, start);
      lastStage = stage;
      lastStart = start;
    }
    last[0]++;
  }

  /** Counts records of the window that starts then. */
  public void add(String stage, long start, long count) {
    oldest = Math.min(oldest, start);
    cell(stage, start)[0] += count;
  }

  /** Where an element of a bundle goes, at its end. */
  public interface Output {
    /** As of {@link org.apache.beam.sdk.transforms.DoFn.FinishBundleContext}. */
    void output(List<LedgerEntry> tally, Instant time, BoundedWindow window);
  }

  /**
   * Yields what was counted, if anything was, at the oldest time of it, for which the watermark
   * waits.
   */
  public void output(Output out) {
    if (counts.isEmpty()) {
      return;
    }
    List<LedgerEntry> entries = new ArrayList<>();
    counts.forEach(
        (stage, windows) ->
            windows.forEach(
                (start, count) -> entries.add(new LedgerEntry(stage, start, count[0]))));
    out.output(entries, Instant.ofEpochMilli(oldest), GlobalWindow.INSTANCE);
  }

  private long[] cell(String stage, long start) {
    return counts
        .computeIfAbsent(stage, key -> new HashMap<>())
        .computeIfAbsent(start, key -> new long[1]);
  }
}
