package dev.millrace.runners.repair;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import java.time.Instant;
import java.time.LocalDate;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Where the records of past days come from. */
public interface DaySource {

  /**
   * What is read of a day, widened by what its rows need.
   *
   * @param text for a person
   * @param readFrom what entered the log before this is not read; null: everything is
   * @param readTo nor what entered it from here on; null: everything is
   */
  record Extent(String text, @Nullable Instant readFrom, @Nullable Instant readTo) {}

  /** What is read of a day; null for all of time. */
  Extent extent(@Nullable LocalDate day);

  /** Proves that it can be read, and yields the transform. */
  PTransform<PBegin, PCollection<Batch<RawRecord>>> open(@Nullable LocalDate day);
}
