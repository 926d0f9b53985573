package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.admission.Identity;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;

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
  public void content(Event event, long millis, FieldWriter out) {
    out.putLong(isDatedByDelivery ? 0 : millis);
    out.putText(event.region());
    out.putOptionalText(event.userId());
    out.putOptionalText(event.page());
    out.putDecimal(event.value());
  }

  @Override
  public RawRecord record(Event event) {
    return event.record();
  }
}
