package dev.millrace.benchmarks;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.millrace.transforms.record.Shards;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Puts events together by the hash of their ids, so that a shuffle is paid per batch: until there
 * are many, the watermark moves, or a checkpoint begins.
 */
final class GatherByHash<T> extends AbstractStreamOperator<Tuple2<Integer, byte[]>>
    implements OneInputStreamOperator<T, Tuple2<Integer, byte[]>> {
  private static final long serialVersionUID = 1L;

  private static final int SHARDS = Shards.MAX;
  private static final int MAX_GATHERED = 5_000;
  private static final int ROOM = 16 << 10;

  /** Events as bytes. */
  interface Bytes<T> extends Serializable {
    String id(T event);

    void write(T event, DataOutput out) throws IOException;

    T read(DataInput in) throws IOException;
  }

  private final Bytes<T> bytes;
  private transient DataOutputSerializer[] shards;
  private transient long[] newest;
  private transient int gathered;

  GatherByHash(Bytes<T> bytes) {
    this.bytes = bytes;
    setChainingStrategy(ChainingStrategy.ALWAYS); // Or each event is serialized on its way here.
  }

  @Override
  public void open() throws Exception {
    super.open();
    shards = new DataOutputSerializer[SHARDS];
    for (int i = 0; i < SHARDS; i++) {
      shards[i] = new DataOutputSerializer(ROOM);
    }
    newest = new long[SHARDS];
  }

  @Override
  public void processElement(StreamRecord<T> element) throws IOException {
    T event = element.getValue();
    HashValue128 id = Hashing.xxh3_128().hashCharsTo128Bits(bytes.id(event));
    long high = id.getMostSignificantBits();
    int shard = Shards.of(high, SHARDS);
    DataOutputSerializer out = shards[shard];
    out.writeLong(high);
    out.writeLong(id.getLeastSignificantBits());
    out.writeLong(element.getTimestamp());
    bytes.write(event, out);
    newest[shard] = element.getTimestamp();
    gathered++;
    if (gathered == MAX_GATHERED) {
      flush();
    }
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    flush();
    super.processWatermark(mark);
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) {
    flush();
  }

  private void flush() {
    for (int i = 0; i < SHARDS && gathered > 0; i++) {
      if (shards[i].length() > 0) {
        output.collect(
            new StreamRecord<>(
                Tuple2.of(Shards.key(i, SHARDS), shards[i].getCopyOfBuffer()), newest[i]));
        shards[i].clear();
      }
    }
    gathered = 0;
  }
}
