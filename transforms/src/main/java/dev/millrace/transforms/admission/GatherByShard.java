package dev.millrace.transforms.admission;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.Shards;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Puts the elements of a bundle together by the hash of their ids, so that a shuffle and an access
 * to state are paid per batch and not per element. A batch has the time of its oldest element, for
 * which the watermark waits.
 */
final class GatherByShard<T>
    extends PTransform<PCollection<Batch<T>>, PCollection<KV<Integer, byte[]>>> {
  private static final long serialVersionUID = 1L;

  private final Identity<T> identity;
  private final int shards;

  GatherByShard(Identity<T> identity, int shards) {
    this.identity = identity;
    this.shards = shards;
  }

  @Override
  public PCollection<KV<Integer, byte[]>> expand(PCollection<Batch<T>> elements) {
    return elements
        .apply("Gather", ParDo.of(new GatherFn<>(identity, shards, Batches.valueCoder(elements))))
        .setCoder(KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of()));
  }

  private static final class GatherFn<T> extends DoFn<Batch<T>, KV<Integer, byte[]>> {
    private static final long serialVersionUID = 1L;

    /** In batch mode a bundle is all there is. */
    private static final int MAX_GATHERED = 5_000;

    private static final int MAX_BYTES = 16 << 20;

    private static final Hasher128 IDS = Hashing.xxh3_128();
    private static final Hasher64 CONTENTS = Hashing.xxh3_64();

    private final Identity<T> identity;
    private final int count;
    private final Coder<T> coder;

    private transient HashStream64 content;
    private transient List<ShardBuffer<T>> shards;
    private transient int gathered;
    private transient int bytes;

    /** Whether every shard has heard of this worker: each must follow the watermark. */
    private transient boolean greeted;

    GatherFn(Identity<T> identity, int count, Coder<T> coder) {
      this.identity = identity;
      this.count = count;
      this.coder = coder;
    }

    @Setup
    public void setup() {
      content = CONTENTS.hashStream();
      shards = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        shards.add(new ShardBuffer<>(coder));
      }
      greeted = false;
    }

    @StartBundle
    public void startBundle() {
      shards.forEach(ShardBuffer::clear); // A bundle that failed may have left something.
      gathered = 0;
      bytes = 0;
    }

    @ProcessElement
    public void process(@Element Batch<T> elements, OutputReceiver<KV<Integer, byte[]>> out)
        throws IOException {
      for (int i = 0; i < elements.size(); i++) {
        gather(elements.values().get(i), elements.millis()[i]);
        if (gathered == MAX_GATHERED || bytes > MAX_BYTES) {
          flush(out::outputWithTimestamp);
        }
      }
    }

    private void gather(T element, long millis) throws IOException {
      HashValue128 id = IDS.hashCharsTo128Bits(identity.id(element));
      identity.content(element, millis, content.reset());
      long high = id.getMostSignificantBits();
      int shard = Shards.of(high, count);
      Candidate<T> candidate =
          new Candidate<>(element, millis, high, id.getLeastSignificantBits(), content.getAsInt());
      bytes += shards.get(shard).add(candidate);
      gathered++;
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      flush((batch, oldest) -> out.output(batch, oldest, GlobalWindow.INSTANCE));
    }

    /** Flushed by a later element than those gathered. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for outputs of a buffer.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }

    private void flush(BiConsumer<KV<Integer, byte[]>, Instant> out) {
      if (gathered == 0) {
        return;
      }
      long oldest = Long.MAX_VALUE;
      for (ShardBuffer<T> shard : shards) {
        oldest = Math.min(oldest, shard.oldest());
      }
      for (int i = 0; i < count; i++) {
        ShardBuffer<T> shard = shards.get(i);
        if (!shard.isEmpty() || !greeted) {
          long time = shard.isEmpty() ? oldest : shard.oldest();
          out.accept(KV.of(Shards.key(i, count), shard.take()), Instant.ofEpochMilli(time));
        }
      }
      greeted = true;
      gathered = 0;
      bytes = 0;
    }
  }
}
