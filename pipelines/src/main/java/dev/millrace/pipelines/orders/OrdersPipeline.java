package dev.millrace.pipelines.orders;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.DeadLetterRows;
import dev.millrace.io.jdbc.JdbcRows;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.decode.DecodeRecords;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.ClosedWindows;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.joda.time.Duration;

/**
 * Orders into silver and gold.
 *
 * <pre>
 * source -> DecodeOrders -> UpsertOrders (silver, and gold with it) -> ClosedDays -> MarkFinal
 *               |                |
 *               +----------------+---> DeadLetters
 * </pre>
 *
 * <p>One graph for the live topic and the backfill: it doesn't know whether its source is bounded.
 * Tables are the same after any interleaving, repetition and restart of the same records.
 */
public final class OrdersPipeline {
  /** The pipeline's name in metrics, dead letters and job names. */
  public static final String NAME = "orders";

  private OrdersPipeline() {}

  /**
   * Where the pipeline's results go.
   *
   * @param orders makes orders durable, yields them once they are, and the refused as dead letters
   * @param finalDays told of the ends of days, in milliseconds since 1970, whose time is over
   * @param deadLetters keeps what could not be processed
   */
  public record Sinks(
      PTransform<PCollection<Order>, WithFailures.Result<PCollection<Order>, DeadLetter>> orders,
      PTransform<PCollection<Long>, WithFailures.Result<PCollection<Long>, DeadLetter>> finalDays,
      PTransform<PCollection<DeadLetter>, WithFailures.Result<PCollection<DeadLetter>, DeadLetter>>
          deadLetters) {

    /**
     * The tables in PostgreSQL.
     *
     * @param pipelineVersion noted in the dead letters
     */
    public static Sinks postgres(Database database, String pipelineVersion) {
      return new Sinks(
          JdbcRows.write(NAME, database, new OrderRows()).withDeadLetters(Order::record),
          JdbcRows.write(NAME + ".final_days", database, new FinalDayRows()),
          JdbcRows.write(NAME + ".dead_letters", database, new DeadLetterRows(pipelineVersion)));
    }
  }

  /** The tables that {@link Sinks#postgres} writes. */
  public static List<RequiredTable> tables() {
    List<RequiredTable> tables = new ArrayList<>(new OrderRows().tables());
    tables.addAll(new DeadLetterRows("").tables());
    return tables;
  }

  /**
   * Adds the graph to {@code pipeline}.
   *
   * @param eventTime how {@code source} dates records
   * @param allowedLateness how long after its end a day's rows stay preliminary, in event time
   */
  public static void build(
      Pipeline pipeline,
      PTransform<PBegin, PCollection<RawRecord>> source,
      EventTime eventTime,
      Sinks sinks,
      Duration allowedLateness) {
    List<PCollection<DeadLetter>> deadLetters = new ArrayList<>();
    pipeline
        .apply("ReadRecords", source)
        .apply(
            "DecodeOrders", DecodeRecords.with(NAME, new OrderDecoder(eventTime), OrderCoder.of()))
        .failuresTo(deadLetters)
        .apply("UpsertOrders", sinks.orders())
        .failuresTo(deadLetters)
        .apply("ClosedDays", ClosedWindows.of(Order::endOfDay, allowedLateness))
        .apply("MarkFinal", sinks.finalDays());
    PCollectionList.of(deadLetters)
        .apply("AllDeadLetters", Flatten.pCollections())
        .apply("WriteDeadLetters", sinks.deadLetters());
  }
}
