package dev.millrace.benchmarks;

import dev.millrace.transforms.record.DecimalCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;

/** {@link Event} as bytes. */
final class EventCoder extends AtomicCoder<Event> {
  private static final long serialVersionUID = 1L;

  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final DecimalCoder DECIMAL = DecimalCoder.of();
  private static final ByteArrayCoder BYTES = ByteArrayCoder.of();
  private static final EventCoder INSTANCE = new EventCoder();

  private EventCoder() {}

  static EventCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(Event event, OutputStream out) throws IOException {
    TEXT.encode(event.id(), out);
    TEXT.encode(event.region(), out);
    DECIMAL.encode(event.value(), out);
    BYTES.encode(event.payload(), out);
  }

  @Override
  public Event decode(InputStream in) throws IOException {
    return new Event(TEXT.decode(in), TEXT.decode(in), DECIMAL.decode(in), BYTES.decode(in));
  }
}
