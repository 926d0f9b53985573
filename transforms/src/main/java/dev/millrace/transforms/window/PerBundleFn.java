package dev.millrace.transforms.window;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.ShardBuffers;
import dev.millrace.transforms.record.Shards;
import java.io.IOException;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Puts together what a bundle has of each key, and yields it by shards of the keys, so that the
 * price of a shuffle and of an access to state is paid for many keys at once.
 */
abstract class PerBundleFn<T> extends DoFn<Batch<T>, KV<Integer, byte[]>> {
  private static final long serialVersionUID = 1L;

  /** In batch mode a bundle is all there is. */
  private static final int MAX_GATHERED = 10_000;

  private static final Hasher64 KEYS = Hashing.xxh3_64();

  private transient ShardBuffers shards;
  private transient int size;

  /** Forgets what was gathered. */
  abstract void clear();

  /** Adds an element; how many more there are to write by it, 0 or 1. */
  abstract int gather(T element, long millis);

  /** Writes what was gathered, through {@link #into}, and yields it. */
  abstract void flush(BiConsumer<KV<Integer, byte[]>, Instant> out) throws IOException;

  /** The buffer of the shard of a key, for something as old as that. */
  final FieldWriter into(String key, long oldest) {
    return shards.forValue(KEYS.hashCharsToLong(key), oldest);
  }

  /** Yields what was written, and begins anew. */
  final void yieldShards(BiConsumer<KV<Integer, byte[]>, Instant> out) {
    shards.flush(out);
  }

  @Setup
  public void setup() {
    shards = new ShardBuffers(Shards.MAX);
  }

  @StartBundle
  public void startBundle() {
    shards.clear(); // A bundle that failed may have left something.
    clear();
    size = 0;
  }

  @ProcessElement
  public void process(@Element Batch<T> elements, OutputReceiver<KV<Integer, byte[]>> out)
      throws IOException {
    for (int i = 0; i < elements.size(); i++) {
      size += gather(elements.values().get(i), elements.millis()[i]);
      if (size >= MAX_GATHERED) {
        flushAll(out::outputWithTimestamp);
      }
    }
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext out) throws IOException {
    flushAll((shard, oldest) -> out.output(shard, oldest, GlobalWindow.INSTANCE));
  }

  private void flushAll(BiConsumer<KV<Integer, byte[]>, Instant> out) throws IOException {
    flush(out);
    clear();
    size = 0;
  }

  /** What is full is flushed by a later element than those in it. */
  @Override
  @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
  public Duration getAllowedTimestampSkew() {
    return Duration.millis(Long.MAX_VALUE);
  }
}
