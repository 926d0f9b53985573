package dev.millrace.transforms.decode;

import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.record.RawRecord;
import org.apache.beam.sdk.coders.Coder;
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

/**
 * Decodes each record into a value, or into a dead letter of stage {@code decode}.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, any windowing, which the outputs keep.
 *   <li>Key and order: needs none, keeps none.
 *   <li>Lateness: looks at no time; timestamps pass unchanged.
 *   <li>Guarantee: each record comes out exactly once, as value or as dead letter. A {@link
 *       RuntimeException} of the decoder becomes a dead letter of class {@code unexpected}; the job
 *       goes on.
 *   <li>State: none.
 * </ul>
 *
 * <p>Counts {@code read}, {@code decoded} and {@code dead_letters} under the pipeline's name.
 */
public final class DecodeRecords<T>
    extends PTransform<PCollection<RawRecord>, WithFailures.Result<PCollection<T>, DeadLetter>> {
  private static final long serialVersionUID = 1L;

  /** The stage of the dead letters. */
  public static final String STAGE = "decode";

  private final String pipeline;
  private final RecordDecoder<T> decoder;
  private final Coder<T> coder;

  private DecodeRecords(String pipeline, RecordDecoder<T> decoder, Coder<T> coder) {
    this.pipeline = pipeline;
    this.decoder = decoder;
    this.coder = coder;
  }

  /**
   * Decodes with {@code decoder}.
   *
   * @param pipeline named in the dead letters and the metrics
   * @param coder of the values
   */
  public static <T> DecodeRecords<T> with(
      String pipeline, RecordDecoder<T> decoder, Coder<T> coder) {
    return new DecodeRecords<>(pipeline, decoder, coder);
  }

  @Override
  public WithFailures.Result<PCollection<T>, DeadLetter> expand(PCollection<RawRecord> records) {
    TupleTag<T> values = new TupleTag<>("values");
    TupleTag<DeadLetter> letters = new TupleTag<>("deadLetters");
    PCollectionTuple decoded =
        records.apply(
            "Decode",
            ParDo.of(new DecodeFn<>(pipeline, decoder, values, letters))
                .withOutputTags(values, TupleTagList.of(letters)));
    decoded.get(values).setCoder(coder);
    decoded.get(letters).setCoder(DeadLetterCoder.of());
    return WithFailures.Result.of(decoded, values, letters);
  }

  private static final class DecodeFn<T> extends DoFn<RawRecord, T> {
    private static final long serialVersionUID = 1L;

    private final String pipeline;
    private final RecordDecoder<T> decoder;
    private final TupleTag<T> values;
    private final TupleTag<DeadLetter> letters;
    private final Counter read;
    private final Counter decoded;
    private final Counter deadLetters;

    // One update of a counter per bundle, not per record.
    private transient long readInBundle;
    private transient long lettersInBundle;

    DecodeFn(
        String pipeline,
        RecordDecoder<T> decoder,
        TupleTag<T> values,
        TupleTag<DeadLetter> letters) {
      this.pipeline = pipeline;
      this.decoder = decoder;
      this.values = values;
      this.letters = letters;
      this.read = Metrics.counter(pipeline, "read");
      this.decoded = Metrics.counter(pipeline, "decoded");
      this.deadLetters = Metrics.counter(pipeline, "dead_letters");
    }

    @StartBundle
    public void startBundle() {
      readInBundle = 0;
      lettersInBundle = 0;
    }

    @ProcessElement
    public void process(@Element RawRecord record, MultiOutputReceiver out) {
      readInBundle++;
      T value;
      try {
        value = decoder.decode(record);
      } catch (InvalidRecordException e) {
        reject(record, e.errorClass(), String.valueOf(e.getMessage()), out);
        return;
      } catch (RuntimeException e) {
        reject(record, "unexpected", "the decoder failed: " + e, out);
        return;
      }
      out.get(values).output(value);
    }

    private void reject(RawRecord record, String error, String message, MultiOutputReceiver out) {
      lettersInBundle++;
      out.get(letters).output(DeadLetter.of(record, pipeline, STAGE, error, message));
    }

    @FinishBundle
    public void finishBundle() {
      read.inc(readInBundle);
      decoded.inc(readInBundle - lettersInBundle);
      deadLetters.inc(lettersInBundle);
    }
  }
}
