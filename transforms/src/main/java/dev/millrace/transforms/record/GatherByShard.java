package dev.millrace.transforms.record;

import java.io.IOException;
import java.io.Serializable;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;

/**
 * Puts the values of a bundle together by the hash of a key, so that a shuffle and an access to
 * state are paid per batch and not per value.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window, which the output keeps.
 *   <li>Key and order: the values of a shard that come from one worker stay in their order.
 *   <li>Lateness: looks at no time. A batch has the time of its oldest value, for which the
 *       watermark waits. The first batches of a worker go to all shards, some of them empty, so
 *       that each knows the watermark.
 *   <li>Guarantee: each value comes out once. State: none.
 * </ul>
 */
public final class GatherByShard<T>
    extends PTransform<PCollection<Batch<T>>, PCollection<KV<Integer, byte[]>>> {
  private static final long serialVersionUID = 1L;

  private final Packer<T> packer;
  private final int shards;

  private GatherByShard(Packer<T> packer, int shards) {
    this.packer = packer;
    this.shards = shards;
  }

  /** Writes a value into the buffer of its shard, for {@link FieldReader} to read there. */
  public interface Packer<T> extends Serializable {
    void pack(T value, long millis, ShardBuffers into) throws IOException;
  }

  /**
   * Gathers what {@code packer} writes.
   *
   * @param shards how many workers can have a part, 1 to {@value Shards#MAX}
   */
  public static <T> GatherByShard<T> with(Packer<T> packer, int shards) {
    return new GatherByShard<>(packer, shards);
  }

  @Override
  public PCollection<KV<Integer, byte[]>> expand(PCollection<Batch<T>> batches) {
    return batches
        .apply("Gather", ParDo.of(new GatherFn<>(packer, shards)))
        .setCoder(KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of()));
  }

  private static final class GatherFn<T> extends DoFn<Batch<T>, KV<Integer, byte[]>> {
    private static final long serialVersionUID = 1L;

    private final Packer<T> packer;
    private final int count;
    private transient ShardBuffers shards;

    GatherFn(Packer<T> packer, int count) {
      this.packer = packer;
      this.count = count;
    }

    @Setup
    public void setup() {
      shards = new ShardBuffers(count);
    }

    @StartBundle
    public void startBundle() {
      shards.clear(); // A bundle that failed may have left something.
    }

    @ProcessElement
    public void process(@Element Batch<T> batch, OutputReceiver<KV<Integer, byte[]>> out)
        throws IOException {
      for (int i = 0; i < batch.size(); i++) {
        packer.pack(batch.values().get(i), batch.millis()[i], shards);
        if (shards.isFull()) {
          shards.flush(out::outputWithTimestamp);
        }
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      shards.flush((batch, oldest) -> out.output(batch, oldest, GlobalWindow.INSTANCE));
    }

    /** Flushed by a later value than those gathered. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }
  }
}
