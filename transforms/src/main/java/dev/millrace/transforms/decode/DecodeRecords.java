package dev.millrace.transforms.decode;

import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.ledger.Ledger;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.LedgerEntryCoder;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.ledger.Tally;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchBuilder;
import dev.millrace.transforms.record.BatchCoder;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Decodes each record into a value, or into a dead letter of stage {@code decode}. The values of a
 * batch of records are one batch or some. A bounded run over a part of time passes over the others.
 *
 * <ul>
 *   <li>Input: bounded or unbounded; any windowing, which the outputs keep, but the global one if
 *       records are counted in a ledger.
 *   <li>Key and order: needs none, keeps none.
 *   <li>Lateness: looks at no time; values and dead letters have those of their records.
 *   <li>Guarantee: each record comes out exactly once, as value or as dead letter. A {@link
 *       RuntimeException} of the decoder becomes a dead letter of class {@code unexpected}; the job
 *       goes on.
 *   <li>State: none.
 * </ul>
 *
 * <p>Counts {@code read}, {@code decoded} and {@code dead_letters} under the pipeline's name.
 */
public final class DecodeRecords<T>
    extends PTransform<
        PCollection<Batch<RawRecord>>, WithFailures.Result<PCollection<Batch<T>>, DeadLetter>> {
  private static final long serialVersionUID = 1L;

  /** The stage of the dead letters. */
  public static final String STAGE = "decode";

  private final String pipeline;
  private final RecordDecoder<T> decoder;
  private final Coder<T> coder;
  private final TimeRange range;

  /** Of use only while the graph is built. */
  private final transient @Nullable Ledger ledger;

  private DecodeRecords(
      String pipeline,
      RecordDecoder<T> decoder,
      Coder<T> coder,
      TimeRange range,
      @Nullable Ledger ledger) {
    this.pipeline = pipeline;
    this.decoder = decoder;
    this.coder = coder;
    this.range = range;
    this.ledger = ledger;
  }

  /**
   * Decodes with {@code decoder}.
   *
   * @param pipeline named in the dead letters and the metrics
   * @param coder of the values
   */
  public static <T> DecodeRecords<T> with(
      String pipeline, RecordDecoder<T> decoder, Coder<T> coder) {
    return new DecodeRecords<>(pipeline, decoder, coder, TimeRange.ALWAYS, null);
  }

  /** The same for the records of a range of event time; others are {@link Stage#FILTERED}. */
  public DecodeRecords<T> within(TimeRange itsRange) {
    return new DecodeRecords<>(pipeline, decoder, coder, itsRange, ledger);
  }

  /** The same, and counts the records as {@link Stage#READ}, by their timestamps. */
  public DecodeRecords<T> countedIn(Ledger itsLedger) {
    return new DecodeRecords<>(pipeline, decoder, coder, range, itsLedger);
  }

  @Override
  public WithFailures.Result<PCollection<Batch<T>>, DeadLetter> expand(
      PCollection<Batch<RawRecord>> records) {
    TupleTag<Batch<T>> values = new TupleTag<>("values");
    TupleTag<DeadLetter> letters = new TupleTag<>("deadLetters");
    TupleTag<List<LedgerEntry>> tallies = new TupleTag<>("tallies");
    Duration window = ledger == null ? null : ledger.window();
    PCollectionTuple decoded =
        records.apply(
            "Decode",
            ParDo.of(new DecodeFn<>(this, values, letters, tallies, window))
                .withOutputTags(values, TupleTagList.of(letters).and(tallies)));
    decoded.get(values).setCoder(BatchCoder.of(coder));
    decoded.get(letters).setCoder(DeadLetterCoder.of());
    decoded.get(tallies).setCoder(ListCoder.of(LedgerEntryCoder.of()));
    if (ledger != null) {
      ledger.add(decoded.get(tallies));
    }
    return WithFailures.Result.of(decoded, values, letters);
  }

  private static final class DecodeFn<T> extends DoFn<Batch<RawRecord>, Batch<T>> {
    private static final long serialVersionUID = 1L;

    /** So few that they are still in the processor's cache when the next step reads them. */
    private static final int MAX_BATCH = 100;

    private final String pipeline;
    private final RecordDecoder<T> decoder;
    private final TimeRange range;
    private final TupleTag<Batch<T>> values;
    private final TupleTag<DeadLetter> letters;
    private final TupleTag<List<LedgerEntry>> tallies;
    private final @Nullable Duration window;
    private final Counter read;
    private final Counter decoded;
    private final Counter deadLetters;

    // One update of a counter per bundle, not per record.
    private transient long readInBundle;
    private transient long lettersInBundle;
    private transient long filteredInBundle;
    private transient @Nullable Tally tally;

    DecodeFn(
        DecodeRecords<T> decode,
        TupleTag<Batch<T>> values,
        TupleTag<DeadLetter> letters,
        TupleTag<List<LedgerEntry>> tallies,
        @Nullable Duration window) {
      this.pipeline = decode.pipeline;
      this.decoder = decode.decoder;
      this.range = decode.range;
      this.values = values;
      this.letters = letters;
      this.tallies = tallies;
      this.window = window;
      this.read = Metrics.counter(pipeline, "read");
      this.decoded = Metrics.counter(pipeline, "decoded");
      this.deadLetters = Metrics.counter(pipeline, "dead_letters");
    }

    @StartBundle
    public void startBundle() {
      readInBundle = 0;
      lettersInBundle = 0;
      filteredInBundle = 0;
      tally = window == null ? null : new Tally(window);
    }

    @ProcessElement
    public void process(@Element Batch<RawRecord> records, MultiOutputReceiver out) {
      for (int i = 0; i < records.size(); i += MAX_BATCH) {
        decode(records, i, Math.min(records.size(), i + MAX_BATCH), out);
      }
      readInBundle += records.size();
    }

    private void decode(Batch<RawRecord> records, int from, int to, MultiOutputReceiver out) {
      BatchBuilder<T> decodedOnes = new BatchBuilder<>(to - from);
      for (int i = from; i < to; i++) {
        decode(records.values().get(i), records.millis()[i], decodedOnes, out);
      }
      if (!decodedOnes.isEmpty()) {
        out.get(values).output(decodedOnes.build());
      }
    }

    private void decode(
        RawRecord record, long millis, BatchBuilder<T> decodedOnes, MultiOutputReceiver out) {
      if (tally != null) {
        tally.add(Stage.READ, millis);
      }
      if (!range.contains(millis)) {
        filter(millis);
        return;
      }
      String errorClass;
      String message;
      try {
        decodedOnes.add(decoder.decode(record), millis);
        return;
      } catch (InvalidRecordException e) {
        errorClass = e.errorClass();
        message = String.valueOf(e.getMessage());
      } catch (RuntimeException e) {
        errorClass = "unexpected";
        message = "the decoder failed: " + e;
      }
      lettersInBundle++;
      out.get(letters)
          .outputWithTimestamp(
              DeadLetter.of(record, pipeline, STAGE, errorClass, message),
              Instant.ofEpochMilli(millis));
    }

    private void filter(long millis) {
      filteredInBundle++;
      if (tally != null) {
        tally.add(Stage.FILTERED, millis);
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      read.inc(readInBundle);
      decoded.inc(readInBundle - lettersInBundle - filteredInBundle);
      deadLetters.inc(lettersInBundle);
      if (tally != null) {
        tally.output((counts, at, global) -> out.output(tallies, counts, at, global));
      }
    }
  }
}
