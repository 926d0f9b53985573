package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.record.DecimalCoder;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.NullableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link Event} as bytes: a version byte, then its fields. */
public final class EventCoder extends AtomicCoder<Event> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 2;
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final Coder<String> OPTIONAL_TEXT = NullableCoder.of(TEXT);
  private static final Coder<BigDecimal> OPTIONAL_DECIMAL = NullableCoder.of(DecimalCoder.of());
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final EventCoder INSTANCE = new EventCoder();

  private EventCoder() {}

  public static EventCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(Event.class), INSTANCE);
  }

  @Override
  public void encode(Event event, OutputStream out) throws IOException {
    out.write(VERSION);
    TEXT.encode(event.eventId(), out);
    TEXT.encode(event.region(), out);
    OPTIONAL_TEXT.encode(event.userId(), out);
    OPTIONAL_TEXT.encode(event.page(), out);
    OPTIONAL_DECIMAL.encode(event.value(), out);
    RECORD.encode(event.record(), out);
  }

  @Override
  public Event decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException("Event of version " + version + ", written by another release");
    }
    return new Event(
        TEXT.decode(in),
        TEXT.decode(in),
        OPTIONAL_TEXT.decode(in),
        OPTIONAL_TEXT.decode(in),
        OPTIONAL_DECIMAL.decode(in),
        RECORD.decode(in));
  }
}
