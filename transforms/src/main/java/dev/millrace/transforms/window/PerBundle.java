package dev.millrace.transforms.window;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.ShardBuffers;
import dev.millrace.transforms.record.Shards;
import java.io.IOException;
import java.io.Serializable;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Puts together what a bundle has of each key, and yields it by shards of the keys, so that the
 * price of a shuffle and of an access to state is paid for many keys at once.
 */
final class PerBundle {
  private PerBundle() {}

  /** As a step over batches. */
  static <T> ParDo.SingleOutput<Batch<T>, KV<Integer, byte[]>> by(Gatherer<T> gatherer) {
    return ParDo.of(new PerBundleFn<>(gatherer));
  }

  /** Puts elements together. */
  abstract static class Gatherer<T> implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final Hasher64 KEYS = Hashing.xxh3_64();

    private transient ShardBuffers shards;

    /** Forgets what was gathered. */
    abstract void clear();

    /** Adds an element; how many more there are to write by it, 0 or 1. */
    abstract int gather(T element, long millis);

    /** Writes what was gathered {@link #into} shards, and yields them. */
    abstract void flush(BiConsumer<KV<Integer, byte[]>, Instant> out) throws IOException;

    /** The buffer of the shard of a key, for something as old as that. */
    final FieldWriter into(String key, long oldest) {
      return shards.forValue(KEYS.hashCharsToLong(key), oldest);
    }

    /** Yields what was written, and begins anew. */
    final void yieldShards(BiConsumer<KV<Integer, byte[]>, Instant> out) {
      shards.flush(out);
    }
  }

  private static final class PerBundleFn<T> extends DoFn<Batch<T>, KV<Integer, byte[]>> {
    private static final long serialVersionUID = 1L;

    /** In batch mode a bundle is all there is. */
    private static final int MAX_GATHERED = 10_000;

    private final Gatherer<T> gatherer;
    private transient int size;

    PerBundleFn(Gatherer<T> gatherer) {
      this.gatherer = gatherer;
    }

    @Setup
    public void setup() {
      gatherer.shards = new ShardBuffers(Shards.MAX);
    }

    @StartBundle
    public void startBundle() {
      gatherer.shards.clear(); // A bundle that failed may have left something.
      gatherer.clear();
      size = 0;
    }

    @ProcessElement
    public void process(@Element Batch<T> elements, OutputReceiver<KV<Integer, byte[]>> out)
        throws IOException {
      for (int i = 0; i < elements.size(); i++) {
        size += gatherer.gather(elements.values().get(i), elements.millis()[i]);
        if (size >= MAX_GATHERED) {
          flush(out::outputWithTimestamp);
        }
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) throws IOException {
      flush((shard, oldest) -> out.output(shard, oldest, GlobalWindow.INSTANCE));
    }

    private void flush(BiConsumer<KV<Integer, byte[]>, Instant> out) throws IOException {
      gatherer.flush(out);
      gatherer.clear();
      size = 0;
    }

    /** What is full is flushed by a later element than those in it. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }
  }
}
