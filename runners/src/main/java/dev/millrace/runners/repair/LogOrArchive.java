package dev.millrace.runners.repair;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import java.util.List;
import java.util.function.Consumer;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The log where it has all of a range, else the archive.
 *
 * @param told which it is
 */
public record LogOrArchive(LoggedTopic log, ArchivedTopic archive, Consumer<String> told)
    implements PastSource {

  @Override
  public Extent extent(TimeRange range) {
    return log.extent(range); // Both are read as far.
  }

  @Override
  public PTransform<PBegin, PCollection<Batch<RawRecord>>> open(TimeRange range) {
    List<Integer> without = log.partitionsWithout(range);
    if (without.isEmpty()) {
      told.accept("Reading the log: " + log.extent(range).text());
      return log.open(range);
    }
    try {
      PTransform<PBegin, PCollection<Batch<RawRecord>>> opened = archive.open(range);
      told.accept(
          "Reading the archive, as the log no longer has all: " + archive.extent(range).text());
      return opened;
    } catch (IllegalStateException e) {
      // Not as its cause: of a chain the user is told the last one only, and these are two.
      IllegalStateException neither =
          new IllegalStateException(log.lost(range, without) + "; " + e.getMessage());
      neither.addSuppressed(e);
      throw neither;
    }
  }

  @Override
  public @Nullable String lacks(TimeRange range) {
    return log.lacks(range);
  }

  @Override
  public boolean isLog() {
    return true;
  }
}
