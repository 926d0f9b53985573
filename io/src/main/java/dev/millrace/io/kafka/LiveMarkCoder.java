package dev.millrace.io.kafka;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;

/**
 * {@link LiveMark} as bytes: a version byte, then its fields. Checkpoints outlive releases: a new
 * version keeps the decoder of every older one, and the test that has its bytes.
 */
final class LiveMarkCoder extends AtomicCoder<LiveMark> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final VarIntCoder INT = VarIntCoder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final LiveMarkCoder INSTANCE = new LiveMarkCoder();

  private LiveMarkCoder() {}

  static LiveMarkCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(LiveMark mark, OutputStream out) throws IOException {
    out.write(VERSION);
    LONG.encode(mark.watermark(), out);
    INT.encode(mark.partitions().size(), out);
    for (LiveMark.Partition each : mark.partitions()) {
      INT.encode(each.number(), out);
      LONG.encode(each.nextOffset(), out);
      LONG.encode(each.newest(), out);
      LONG.encode(each.silentMillis(), out);
    }
  }

  @Override
  public LiveMark decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException(
          "a checkpoint of the Kafka source of version "
              + version
              + ", written by a newer release: resume it with that release");
    }
    long watermark = LONG.decode(in);
    int size = INT.decode(in);
    List<LiveMark.Partition> partitions = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      partitions.add(
          new LiveMark.Partition(
              INT.decode(in), LONG.decode(in), LONG.decode(in), LONG.decode(in)));
    }
    return new LiveMark(watermark, partitions, null);
  }
}
