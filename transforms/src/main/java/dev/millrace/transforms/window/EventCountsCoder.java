package dev.millrace.transforms.window;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link EventCounts} as bytes: a version byte, then the pairs. */
public final class EventCountsCoder extends AtomicCoder<EventCounts> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final VarIntCoder INT = VarIntCoder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final EventCountsCoder INSTANCE = new EventCountsCoder();

  private EventCountsCoder() {}

  public static EventCountsCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(EventCounts.class), INSTANCE);
  }

  @Override
  public void encode(EventCounts events, OutputStream out) throws IOException {
    out.write(VERSION);
    INT.encode(events.size(), out);
    for (int i = 0; i < events.size(); i++) {
      LONG.encode(events.start(i), out);
      LONG.encode(events.count(i), out);
    }
  }

  @Override
  public EventCounts decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException(
          "EventCounts of version " + version + ", written by a newer release");
    }
    int size = INT.decode(in);
    long[] starts = new long[size];
    long[] counts = new long[size];
    for (int i = 0; i < size; i++) {
      starts[i] = LONG.decode(in);
      counts[i] = LONG.decode(in);
    }
    return new EventCounts(starts, counts);
  }
}
