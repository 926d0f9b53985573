package dev.millrace.transforms.admission;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.GatherByShard;
import dev.millrace.transforms.record.ShardBuffers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An element on its way to be judged.
 *
 * @param value the element
 * @param millis its event time, since 1970
 * @param high the first half of the hash of its id; says the shard
 * @param low the second half; says the place in the index
 * @param content the hash of what else it holds
 */
record Candidate<T>(T value, long millis, long high, long low, int content) {

  /** The candidates that a {@link Packer} has written for a shard, in the order they came. */
  static <T> List<Candidate<T>> read(byte[] shard, Coder<T> values) throws IOException {
    FieldReader in = new FieldReader(shard);
    List<Candidate<T>> all = new ArrayList<>();
    while (in.hasMore()) {
      long millis = in.getLong();
      long high = in.getLong();
      long low = in.getLong();
      int content = in.getInt();
      all.add(new Candidate<>(values.decode(in), millis, high, low, content));
    }
    return all;
  }

  /** Makes candidates of elements. */
  static final class Packer<T> implements GatherByShard.Packer<T> {
    private static final long serialVersionUID = 1L;

    private static final int ROOM = 512;
    private static final int MAX_KEPT = 1 << 16;
    private static final Hasher128 IDS = Hashing.xxh3_128();
    private static final Hasher64 CONTENTS = Hashing.xxh3_64();

    private final Identity<T> identity;
    private final Coder<T> values;
    private transient @Nullable FieldWriter contents;

    Packer(Identity<T> identity, Coder<T> values) {
      this.identity = identity;
      this.values = values;
    }

    @Override
    public void pack(T element, long millis, ShardBuffers into) throws IOException {
      HashValue128 id = IDS.hashCharsTo128Bits(identity.id(element));
      FieldWriter out = into.forValue(id.getMostSignificantBits(), millis);
      out.putLong(millis);
      out.putLong(id.getMostSignificantBits());
      out.putLong(id.getLeastSignificantBits());
      out.putInt(contentOf(element, millis));
      values.encode(element, out);
    }

    private int contentOf(T element, long millis) {
      if (contents == null) {
        contents = new FieldWriter(ROOM);
      }
      contents.clear(MAX_KEPT);
      identity.content(element, millis, contents);
      return (int) CONTENTS.hashBytesToLong(contents.array(), 0, contents.size());
    }
  }
}
