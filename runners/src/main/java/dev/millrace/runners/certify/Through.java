package dev.millrace.runners.certify;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchBuilder;
import dev.millrace.transforms.record.RawRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.POutput;

/** A sink whose input passes a {@link FaultInjector} first. */
final class Through<T, O extends POutput> extends PTransform<PCollection<T>, O> {
  private static final long serialVersionUID = 1L;

  private final FaultInjector faults;
  private final String place;
  private final PTransform<PCollection<T>, O> sink;

  private Through(FaultInjector faults, String place, PTransform<PCollection<T>, O> sink) {
    this.faults = faults;
    this.place = place;
    this.sink = sink;
  }

  static <T, O extends POutput> PTransform<PCollection<T>, O> sink(
      FaultInjector faults, String place, PTransform<PCollection<T>, O> sink) {
    return new Through<>(faults, place, sink);
  }

  static PTransform<PBegin, PCollection<Batch<RawRecord>>> source(
      FaultInjector faults, PTransform<PBegin, PCollection<Batch<RawRecord>>> source) {
    return new PTransform<>() {
      private static final long serialVersionUID = 1L;

      @Override
      public PCollection<Batch<RawRecord>> expand(PBegin begin) {
        return begin.apply("Source", source).apply("Pass", ParDo.of(new PassRecordsFn(faults)));
      }
    };
  }

  private static final class PassRecordsFn extends DoFn<Batch<RawRecord>, Batch<RawRecord>> {
    private static final long serialVersionUID = 1L;

    private final FaultInjector faults;

    PassRecordsFn(FaultInjector faults) {
      this.faults = faults;
    }

    @ProcessElement
    public void process(@Element Batch<RawRecord> records, OutputReceiver<Batch<RawRecord>> out) {
      BatchBuilder<RawRecord> passed = new BatchBuilder<>(records.size());
      for (int i = 0; i < records.size(); i++) {
        long millis = records.millis()[i];
        faults.pass("source", records.values().get(i), each -> passed.add(each, millis));
      }
      out.output(passed.build());
    }
  }

  @Override
  public O expand(PCollection<T> input) {
    return input
        .apply("Pass", ParDo.of(new PassFn<T>(faults, place)))
        .setCoder(input.getCoder())
        .apply("Sink", sink);
  }

  private static final class PassFn<T> extends DoFn<T, T> {
    private static final long serialVersionUID = 1L;

    private final FaultInjector faults;
    private final String place;

    PassFn(FaultInjector faults, String place) {
      this.faults = faults;
      this.place = place;
    }

    @ProcessElement
    public void process(@Element T element, OutputReceiver<T> out) {
      faults.pass(place, element, out::output);
    }
  }
}
