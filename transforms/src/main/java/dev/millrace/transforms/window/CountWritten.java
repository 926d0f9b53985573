package dev.millrace.transforms.window;

import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.LedgerEntryCoder;
import dev.millrace.transforms.ledger.Tally;
import java.util.List;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;

/**
 * For the ledger: how many elements the final results hold that come here, after they are written.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window, which the output keeps.
 *   <li>Key and order: none needed.
 *   <li>Lateness: looks at no time.
 *   <li>Guarantee: each element counts once for each window that it is in.
 *   <li>State: none.
 * </ul>
 */
public final class CountWritten<A>
    extends PTransform<PCollection<WindowResult<A>>, PCollection<List<LedgerEntry>>> {
  private static final long serialVersionUID = 1L;

  private final String stage;
  private final Duration window;

  private CountWritten(String stage, Duration window) {
    this.stage = stage;
    this.window = window;
  }

  /**
   * Counts for a stage.
   *
   * @param window the size of the ledger's windows
   */
  public static <A> CountWritten<A> as(String stage, Duration window) {
    return new CountWritten<>(stage, window);
  }

  @Override
  public PCollection<List<LedgerEntry>> expand(PCollection<WindowResult<A>> results) {
    return results
        .apply("CountFinal", ParDo.of(new CountFinalFn<A>(stage, window)))
        .setCoder(ListCoder.of(LedgerEntryCoder.of()));
  }

  private static final class CountFinalFn<A> extends DoFn<WindowResult<A>, List<LedgerEntry>> {
    private static final long serialVersionUID = 1L;

    private final String stage;
    private final Duration window;

    private transient Tally tally;

    CountFinalFn(String stage, Duration window) {
      this.stage = stage;
      this.window = window;
    }

    @StartBundle
    public void startBundle() {
      tally = new Tally(window);
    }

    @ProcessElement
    public void process(@Element WindowResult<A> result) {
      if (result.isFinal()) {
        EventCounts events = result.events();
        for (int i = 0; i < events.size(); i++) {
          tally.add(stage, events.start(i), events.count(i));
        }
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      tally.output(out::output);
    }
  }
}
