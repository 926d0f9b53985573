package dev.millrace.io.kafka;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.beam.sdk.io.BoundedSource;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/**
 * Reads offset ranges to their ends. A partition ends where the consumer's position has reached the
 * end, whether or not there is a record: compaction and transactions leave offsets without one.
 */
final class RangeReader extends BoundedSource.BoundedReader<Batch<RawRecord>> {
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final RangeSource source;
  private final Map<Integer, Long> ends = new HashMap<>();
  private final Set<Integer> open = new HashSet<>();
  private @Nullable RecordFetcher fetcher;
  private @Nullable Batch<RawRecord> current;
  private Instant currentTimestamp = Instant.EPOCH;

  RangeReader(RangeSource source) {
    this.source = source;
  }

  @Override
  public boolean start() throws IOException {
    Map<Integer, Long> starts = new HashMap<>();
    for (OffsetRange range : source.ranges()) {
      starts.put(range.partition(), range.start());
      ends.put(range.partition(), range.end());
      open.add(range.partition());
    }
    if (open.isEmpty()) {
      return false;
    }
    fetcher =
        new RecordFetcher(
            source.topic(), source.eventTime(), starts, ends, new RangeWatch(source.topic()));
    return advance();
  }

  @Override
  public boolean advance() throws IOException {
    while (!open.isEmpty()) {
      RecordFetcher.Event event = fetcher.next(WAIT);
      if (event == null && Thread.currentThread().isInterrupted()) {
        throw new IOException("interrupted");
      }
      if (event instanceof RecordFetcher.Fetched fetched) {
        if (fetched.nextOffset() >= ends.get(fetched.partition())) {
          open.remove(fetched.partition());
        }
        if (fetched.batch() != null) {
          current = fetched.batch();
          currentTimestamp = Instant.ofEpochMilli(current.oldest());
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public Batch<RawRecord> getCurrent() {
    if (current == null) {
      throw new NoSuchElementException();
    }
    return current;
  }

  @Override
  public Instant getCurrentTimestamp() {
    return currentTimestamp;
  }

  @Override
  public RangeSource getCurrentSource() {
    return source;
  }

  @Override
  public void close() {
    if (fetcher != null) {
      fetcher.close();
    }
  }
}
