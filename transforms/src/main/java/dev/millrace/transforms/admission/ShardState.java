package dev.millrace.transforms.admission;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;

/**
 * What a shard remembers beside its ids.
 *
 * @param ids of the log of its ids, what isn't in its blocks
 * @param watermark the highest that it has seen, milliseconds since 1970: the engine doesn't keep
 *     any in its checkpoints
 * @param swept when expired ids were last thrown out, by the watermark
 */
record ShardState(IdLog ids, long watermark, long swept) {
  static final long NEVER = Long.MIN_VALUE;

  /** Of a shard that nothing has come to. */
  static ShardState fresh() {
    return new ShardState(IdLog.EMPTY, NEVER, NEVER);
  }

  ShardState withIds(IdLog newIds) {
    return new ShardState(newIds, watermark, swept);
  }

  ShardState withWatermark(long newWatermark) {
    return new ShardState(ids, newWatermark, swept);
  }

  ShardState withSwept(long newSwept) {
    return new ShardState(ids, watermark, newSwept);
  }

  /** A version byte, then the fields. */
  static final class StateCoder extends AtomicCoder<ShardState> {
    private static final long serialVersionUID = 1L;

    private static final int VERSION = 2;
    private static final VarIntCoder INT = VarIntCoder.of();
    private static final VarLongCoder LONG = VarLongCoder.of();

    @Override
    public void encode(ShardState state, OutputStream out) throws IOException {
      out.write(VERSION);
      INT.encode(state.ids.last(), out);
      LONG.encode(state.ids.ids(), out);
      LONG.encode(state.ids.revision(), out);
      LONG.encode(state.watermark, out);
      LONG.encode(state.swept, out);
    }

    @Override
    public ShardState decode(InputStream in) throws IOException {
      int version = in.read();
      if (version != VERSION) {
        throw new CoderException(
            "ShardState of version " + version + ", written by another release");
      }
      IdLog ids = new IdLog(INT.decode(in), LONG.decode(in), LONG.decode(in));
      return new ShardState(ids, LONG.decode(in), LONG.decode(in));
    }
  }
}
