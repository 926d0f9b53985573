package dev.millrace.runners.repair;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import java.time.Instant;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Where the records of the past come from. */
public interface PastSource {

  /**
   * What is read of a range of event time: more than it, since records may enter a log earlier and
   * later than they happen.
   *
   * @param text for a person
   * @param readFrom what entered the log before this is not read; null: everything is
   * @param readTo nor what entered it from here on; null: everything is
   */
  record Extent(String text, @Nullable Instant readFrom, @Nullable Instant readTo) {}

  /** What is read of a range of event time. */
  Extent extent(TimeRange range);

  /** Proves that it can be read, and yields the transform. */
  PTransform<PBegin, PCollection<Batch<RawRecord>>> open(TimeRange range);

  /** Why it hasn't all of a range yet, for the user; null if it has, as far as can be known. */
  @Nullable String lacks(TimeRange range);

  /**
   * Whether it is what the live run reads: then the late records and the repaired dead letters of
   * the range complete it.
   */
  boolean isLog();
}
