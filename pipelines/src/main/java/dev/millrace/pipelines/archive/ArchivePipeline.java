package dev.millrace.pipelines.archive;

import dev.millrace.io.archive.ArchiveRecords;
import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.JdbcRows;
import dev.millrace.io.jdbc.LedgerRows;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.transforms.ledger.Closing;
import dev.millrace.transforms.ledger.Ledger;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.RawRecord;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.joda.time.Duration;

/**
 * A topic into files by the hour of ingestion, exactly as it is.
 *
 * <pre>
 * source -> WriteArchive -> WriteLedger
 * </pre>
 *
 * <p>The source dates records by their own timestamps.
 */
public final class ArchivePipeline {
  /** The pipeline's name in metrics and job names. */
  public static final String NAME = "archive";

  /** Records of an hour are accounted for when the watermark has passed it by this. */
  private static final Duration AFTER = Duration.standardMinutes(1);

  private ArchivePipeline() {}

  /** The tables that {@link #ledgerIn} writes. */
  public static List<RequiredTable> tables() {
    return new LedgerRows(0, NAME).tables();
  }

  /** The accounts in PostgreSQL. */
  public static PTransform<PCollection<LedgerEntry>, PDone> ledgerIn(Database database, long run) {
    return JdbcRows.writeAfterCheckpoint(NAME + ".ledger", database, new LedgerRows(run, NAME));
  }

  /** Adds the graph to {@code pipeline}. */
  public static void build(
      Pipeline pipeline,
      PTransform<PBegin, PCollection<Batch<RawRecord>>> source,
      ArchiveRecords.Write archive,
      PTransform<PCollection<LedgerEntry>, PDone> ledger) {
    Ledger accounts =
        Ledger.of(new Closing(ArchiveRecords.HOUR, AFTER, Duration.standardHours(1)), Map.of());
    PCollection<Batch<RawRecord>> records = pipeline.apply("ReadRecords", source);
    accounts.count(Stage.READ, records.apply("Records", Batches.values()));
    accounts.add(records.apply("WriteArchive", archive));
    accounts.totals().apply("WriteLedger", ledger);
  }
}
