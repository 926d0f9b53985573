package dev.millrace.transforms.record;

import java.util.Arrays;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Instant;

/** What a worker has gathered for each shard, as bytes. */
public final class ShardBuffers {
  private static final int ROOM = 16 << 10;

  /** A larger array than this isn't kept for the next batch. */
  private static final int MAX_KEPT = 1 << 20;

  /** In batch mode a bundle is all there is. */
  private static final int MAX_GATHERED = 5_000;

  private static final int MAX_BYTES = 16 << 20;

  private final FieldWriter[] buffers;
  private final long[] oldest;
  private int gathered;
  private long bytes;
  private FieldWriter last;
  private int lastBefore;

  /** Whether every shard has heard of this worker: each must follow the watermark. */
  private boolean greeted;

  /**
   * Empty ones.
   *
   * @param shards 1 to {@value Shards#MAX}
   */
  public ShardBuffers(int shards) {
    buffers = new FieldWriter[shards];
    Arrays.setAll(buffers, shard -> new FieldWriter(ROOM));
    oldest = new long[shards];
    last = buffers[0];
    clear();
  }

  /**
   * Where to write a value.
   *
   * @param hash of the key that it goes by
   * @param millis its event time, since 1970
   */
  public FieldWriter forValue(long hash, long millis) {
    int shard = Shards.of(hash, buffers.length);
    oldest[shard] = Math.min(oldest[shard], millis);
    gathered++;
    bytes += last.size() - lastBefore;
    last = buffers[shard];
    lastBefore = last.size();
    return last;
  }

  /** Whether it is time to flush. */
  boolean isFull() {
    return gathered >= MAX_GATHERED || bytes + last.size() - lastBefore > MAX_BYTES;
  }

  /** Forgets what was gathered. */
  public void clear() {
    for (FieldWriter each : buffers) {
      each.clear(MAX_KEPT);
    }
    Arrays.fill(oldest, Long.MAX_VALUE);
    gathered = 0;
    bytes = 0;
    lastBefore = 0;
  }

  /**
   * Each shard's bytes, with the time of the oldest value; once, the first time, empty ones too.
   */
  public void flush(BiConsumer<KV<Integer, byte[]>, Instant> out) {
    if (gathered == 0) {
      return;
    }
    long oldestOfAll = Arrays.stream(oldest).min().orElseThrow();
    for (int i = 0; i < buffers.length; i++) {
      if (buffers[i].size() > 0 || !greeted) {
        out.accept(
            KV.of(Shards.key(i, buffers.length), buffers[i].toByteArray()),
            Instant.ofEpochMilli(buffers[i].size() > 0 ? oldest[i] : oldestOfAll));
      }
    }
    greeted = true;
    clear();
  }
}
