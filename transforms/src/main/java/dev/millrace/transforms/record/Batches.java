package dev.millrace.transforms.record;

import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Instant;

/**
 * Between batches and their values.
 *
 * <ul>
 *   <li>Input: bounded or unbounded; any windowing, which the outputs keep.
 *   <li>Key and order: needs none; the values of a batch stay in their order.
 *   <li>Lateness: looks at no time. Values have their own timestamps, batches the oldest of them.
 *   <li>Guarantee: each value comes out once.
 *   <li>State: none.
 * </ul>
 */
public final class Batches {
  private Batches() {}

  /** Each value, with its own timestamp. */
  public static <T> PTransform<PCollection<Batch<T>>, PCollection<T>> values() {
    return new Values<>();
  }

  /** Each element as a batch of its own: for sources that know no batches, and tests. */
  public static <T> PTransform<PCollection<T>, PCollection<Batch<T>>> ofOne() {
    return new OfOne<>();
  }

  /** The values that are wanted; batches without any are left out. */
  public static <T> PTransform<PCollection<Batch<T>>, PCollection<Batch<T>>> where(
      SerializableFunction<T, Boolean> wanted) {
    return new Where<>(wanted);
  }

  /**
   * The coder of the values.
   *
   * @throws IllegalArgumentException if the coder of the batches isn't {@link BatchCoder}
   */
  public static <T> Coder<T> valueCoder(PCollection<Batch<T>> batches) {
    if (batches.getCoder() instanceof BatchCoder<T> its) {
      return its.valueCoder();
    }
    throw new IllegalArgumentException(
        batches.getName() + " has no BatchCoder but " + batches.getCoder());
  }

  private static final class Values<T> extends PTransform<PCollection<Batch<T>>, PCollection<T>> {
    private static final long serialVersionUID = 1L;

    @Override
    public PCollection<T> expand(PCollection<Batch<T>> batches) {
      return batches.apply("Values", ParDo.of(new ValuesFn<T>())).setCoder(valueCoder(batches));
    }
  }

  private static final class ValuesFn<T> extends DoFn<Batch<T>, T> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Batch<T> batch, OutputReceiver<T> out) {
      for (int i = 0; i < batch.size(); i++) {
        out.outputWithTimestamp(batch.values().get(i), Instant.ofEpochMilli(batch.millis()[i]));
      }
    }
  }

  private static final class OfOne<T> extends PTransform<PCollection<T>, PCollection<Batch<T>>> {
    private static final long serialVersionUID = 1L;

    @Override
    public PCollection<Batch<T>> expand(PCollection<T> elements) {
      return elements
          .apply("OfOne", ParDo.of(new OfOneFn<T>()))
          .setCoder(BatchCoder.of(elements.getCoder()));
    }
  }

  private static final class OfOneFn<T> extends DoFn<T, Batch<T>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element T element, @Timestamp Instant time, OutputReceiver<Batch<T>> out) {
      out.output(Batch.of(element, time.getMillis()));
    }
  }

  private static final class Where<T>
      extends PTransform<PCollection<Batch<T>>, PCollection<Batch<T>>> {
    private static final long serialVersionUID = 1L;

    private final SerializableFunction<T, Boolean> wanted;

    Where(SerializableFunction<T, Boolean> wanted) {
      this.wanted = wanted;
    }

    @Override
    public PCollection<Batch<T>> expand(PCollection<Batch<T>> batches) {
      return batches.apply("Where", ParDo.of(new WhereFn<>(wanted))).setCoder(batches.getCoder());
    }
  }

  private static final class WhereFn<T> extends DoFn<Batch<T>, Batch<T>> {
    private static final long serialVersionUID = 1L;

    private final SerializableFunction<T, Boolean> wanted;

    WhereFn(SerializableFunction<T, Boolean> wanted) {
      this.wanted = wanted;
    }

    @ProcessElement
    public void process(@Element Batch<T> batch, OutputReceiver<Batch<T>> out) {
      BatchBuilder<T> some = new BatchBuilder<>(batch.size());
      for (int i = 0; i < batch.size(); i++) {
        if (wanted.apply(batch.values().get(i))) {
          some.add(batch.values().get(i), batch.millis()[i]);
        }
      }
      if (!some.isEmpty()) {
        out.output(some.build());
      }
    }
  }
}
