package dev.millrace.runners.repair;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.KeptRecords;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.WithoutOrigins;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/**
 * The records of a log that make the rows of a range of time, and what completes them: dead letters
 * that were repaired, in the place of what the log has, and records that came too late to be read
 * with the others.
 */
final class CompletedSource extends PTransform<PBegin, PCollection<Batch<RawRecord>>> {
  private static final long serialVersionUID = 1L;

  private final PTransform<PBegin, PCollection<Batch<RawRecord>>> log;
  private final PTransform<PBegin, PCollection<Batch<RawRecord>>> repaired;
  private final PTransform<PBegin, PCollection<Batch<RawRecord>>> late;
  private final Set<Origin> replaced;

  private CompletedSource(
      PTransform<PBegin, PCollection<Batch<RawRecord>>> log,
      PTransform<PBegin, PCollection<Batch<RawRecord>>> repaired,
      PTransform<PBegin, PCollection<Batch<RawRecord>>> late,
      Set<Origin> replaced) {
    this.log = log;
    this.repaired = repaired;
    this.late = late;
    this.replaced = replaced;
  }

  /**
   * Completes a log.
   *
   * @param range the event times that are wanted
   * @param run whose chosen dead letters and late records count, too
   */
  static CompletedSource of(
      PTransform<PBegin, PCollection<Batch<RawRecord>>> log,
      Database database,
      String pipeline,
      TimeRange range,
      long run,
      EventTime eventTime)
      throws SQLException {
    String letters =
        "(%s) or %s".formatted(KeptRecords.repaired(pipeline), KeptRecords.chosenFor(run));
    String late = KeptRecords.in(pipeline, range);
    Set<Origin> replaced = new HashSet<>();
    try (Connection connection = database.connect()) {
      replaced.addAll(KeptRecords.DEAD_LETTERS.origins(connection, letters));
      replaced.addAll(KeptRecords.LATE_RECORDS.origins(connection, late));
    }
    return new CompletedSource(
        log,
        KeptRecords.DEAD_LETTERS.read(database, letters, eventTime),
        KeptRecords.LATE_RECORDS.read(database, late, eventTime),
        replaced);
  }

  @Override
  public PCollection<Batch<RawRecord>> expand(PBegin begin) {
    return PCollectionList.of(
            begin.apply("Log", log).apply("NotReplaced", WithoutOrigins.of(replaced)))
        .and(begin.apply("Repaired", repaired))
        .and(begin.apply("Late", late))
        .apply("Together", Flatten.pCollections());
  }
}
