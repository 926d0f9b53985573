package dev.millrace.pipelines.traffic;

import com.dynatrace.hash4j.hashing.HashSink;
import dev.millrace.transforms.admission.Identity;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.math.BigDecimal;

/** An event is known by its id. */
final class EventIdentity implements Identity<Event> {
  private static final long serialVersionUID = 1L;

  private final boolean isDatedByDelivery;

  EventIdentity(EventTime eventTime) {
    this.isDatedByDelivery = eventTime.isOfRecord();
  }

  @Override
  public String id(Event event) {
    return event.eventId();
  }

  @Override
  public void content(Event event, long millis, HashSink sink) {
    sink.putLong(isDatedByDelivery ? 0 : millis);
    sink.putString(event.region());
    sink.putString(event.userId() == null ? "" : event.userId());
    sink.putString(event.page() == null ? "" : event.page());
    BigDecimal value = event.value();
    if (value != null) {
      Identity.putDecimal(value, sink);
    }
  }

  @Override
  public RawRecord record(Event event) {
    return event.record();
  }
}
