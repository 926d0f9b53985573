package dev.millrace.pipelines.orders;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.DeadLetterRows;
import dev.millrace.io.jdbc.JdbcRows;
import dev.millrace.io.jdbc.LateRecordRows;
import dev.millrace.io.jdbc.LedgerRows;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.admission.AdmitOnce;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.LateRecord;
import dev.millrace.transforms.decode.DecodeRecords;
import dev.millrace.transforms.ledger.Closing;
import dev.millrace.transforms.ledger.Ledger;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RouteByKey;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import dev.millrace.transforms.window.ClosedWindows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PDone;
import org.joda.time.Duration;

/**
 * Orders into silver and gold.
 *
 * <pre>
 * source -> DecodeOrders -> AdmitOnce -> UpsertOrders (silver, and gold with it) -> ClosedDays -> MarkFinal
 *               |            |  |  +---> WriteLate |
 *               +------------+--|------------------+---> WriteDeadLetters
 *                               +------------------+---> WriteLedger
 * </pre>
 *
 * <p>One graph for the live topic and the backfill: it doesn't know whether its source is bounded.
 * Tables are the same after any interleaving, repetition and restart of the same records.
 */
public final class OrdersPipeline {
  /** The pipeline's name in metrics, dead letters and job names. */
  public static final String NAME = "orders";

  /** The windows by which lateness is judged and accounts are kept: days, UTC. */
  public static final Duration DAY = Duration.standardDays(1);

  /** Which versions count, if nothing else is said: late ones too, the tables take them. */
  public static final AdmissionRule ADMISSION = AdmissionRule.of(DAY, DAY, DAY, LatePolicy.APPLY);

  private OrdersPipeline() {}

  /**
   * Where the pipeline's results go.
   *
   * @param orders makes orders durable, yields them once they are, and the refused as dead letters
   * @param finalDays told of the ends of days, in milliseconds since 1970, whose time is over
   * @param late keeps what came too late
   * @param deadLetters keeps what could not be processed
   * @param ledger keeps the accounts
   */
  public record Sinks(
      PTransform<PCollection<Order>, WithFailures.Result<PCollection<Order>, DeadLetter>> orders,
      PTransform<PCollection<Long>, WithFailures.Result<PCollection<Long>, DeadLetter>> finalDays,
      PTransform<PCollection<LateRecord>, PDone> late,
      PTransform<PCollection<DeadLetter>, PDone> deadLetters,
      PTransform<PCollection<LedgerEntry>, PDone> ledger) {

    /**
     * The tables in PostgreSQL. What can differ after a restart is written after a checkpoint only;
     * orders are not: any order of the same versions leaves the same rows.
     *
     * @param run of {@link dev.millrace.io.jdbc.Runs}
     * @param pipelineVersion noted in the dead letters and late records
     * @param place the live tables, or a run's own
     */
    public static Sinks postgres(
        Database database, long run, String pipelineVersion, TablePlace place) {
      LateRecordRows late = new LateRecordRows(run, pipelineVersion);
      DeadLetterRows deadLetters = new DeadLetterRows(pipelineVersion, place);
      return new Sinks(
          JdbcRows.write(NAME, database, new OrderRows(place)).withDeadLetters(Order::record),
          JdbcRows.write(NAME + ".final_days", database, new FinalDayRows(place)),
          JdbcRows.writeAfterCheckpoint(NAME + ".late_records", database, late),
          JdbcRows.writeAfterCheckpoint(NAME + ".dead_letters", database, deadLetters),
          JdbcRows.writeAfterCheckpoint(NAME + ".ledger", database, new LedgerRows(run, NAME)));
    }

    /** The same for a replay of single events, which admission can't compare with others. */
    public Sinks ofReplay(Database database, TablePlace place) {
      return new Sinks(
          JdbcRows.write(NAME, database, new OrderRows(place).refusingConflicts())
              .withDeadLetters(Order::record),
          finalDays,
          late,
          deadLetters,
          ledger);
    }
  }

  /** The tables that {@link Sinks#postgres} writes. */
  public static List<RequiredTable> tables() {
    List<RequiredTable> tables = new ArrayList<>(new OrderRows(TablePlace.LIVE).tables());
    tables.addAll(new DeadLetterRows("").tables());
    tables.addAll(new LateRecordRows(0, "").tables());
    tables.addAll(new LedgerRows(0, NAME).tables());
    return tables;
  }

  /**
   * Adds the graph to {@code pipeline}.
   *
   * @param eventTime how {@code source} dates records
   * @param admission which versions count, and until when a day's rows stay preliminary; its window
   *     is {@link #DAY}
   * @param range the event times that count; all but for a repair
   */
  public static void build(
      Pipeline pipeline,
      PTransform<PBegin, PCollection<Batch<RawRecord>>> source,
      EventTime eventTime,
      Sinks sinks,
      AdmissionRule admission,
      TimeRange range) {
    Ledger ledger =
        Ledger.of(new Closing(DAY, admission.latenessDownstream(), Duration.ZERO), Map.of());
    List<PCollection<DeadLetter>> deadLetters = new ArrayList<>();
    AdmitOnce.Judged<Order> judged =
        pipeline
            .apply("ReadRecords", source)
            .apply(
                "DecodeOrders",
                DecodeRecords.with(NAME, new OrderDecoder(eventTime), OrderCoder.of())
                    .within(range)
                    .countedIn(ledger))
            .failuresTo(deadLetters)
            .apply("AdmitOnce", AdmitOnce.by(NAME, new OrderIdentity(), admission));
    ledger.add(judged.tallies());
    deadLetters.add(judged.conflicting());
    judged.late().apply("WriteLate", sinks.late());
    ledger
        .count(
            Stage.WRITTEN,
            judged
                .admitted()
                .apply("ByOrder", RouteByKey.of(Order::orderId, admission.shards()))
                .apply("Admitted", Batches.values())
                .apply("UpsertOrders", sinks.orders())
                .failuresTo(deadLetters))
        .apply("ClosedDays", ClosedWindows.of(Order::endOfDay, admission.allowedLateness()))
        .apply("MarkFinal", sinks.finalDays());
    ledger
        .count(
            Stage.DEAD_LETTER,
            PCollectionList.of(deadLetters).apply("AllDeadLetters", Flatten.pCollections()))
        .apply("WriteDeadLetters", sinks.deadLetters());
    ledger.totals().apply("WriteLedger", sinks.ledger());
  }
}
