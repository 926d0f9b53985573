package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.FieldsCoder;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link Event} as bytes. */
public final class EventCoder extends FieldsCoder<Event> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 3;
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final EventCoder INSTANCE = new EventCoder();

  private EventCoder() {
    super("Event", VERSION);
  }

  public static EventCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(Event.class), INSTANCE);
  }

  @Override
  protected void write(Event event, FieldWriter out) throws IOException {
    out.putText(event.eventId());
    out.putText(event.region());
    out.putOptionalText(event.userId());
    out.putOptionalText(event.page());
    out.putDecimal(event.value());
    RECORD.encode(event.record(), out);
  }

  @Override
  protected Event read(FieldReader in) throws IOException {
    return new Event(
        in.getText(),
        in.getText(),
        in.getOptionalText(),
        in.getOptionalText(),
        in.getOptionalDecimal(),
        RECORD.decode(in));
  }
}
