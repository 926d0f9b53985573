package dev.millrace.pipelines.traffic;

import static dev.millrace.transforms.decode.JsonPayload.once;
import static dev.millrace.transforms.decode.JsonPayload.required;
import static dev.millrace.transforms.decode.JsonPayload.requiredEventTime;

import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.decode.JsonPayload;
import dev.millrace.transforms.decode.RecordDecoder;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The JSON of an event: {@code event_id}, {@code region}, {@code event_time}, all required, and
 * {@code user_id}, {@code page} and {@code value}, which may be missing, null or blank. Other
 * fields are ignored.
 */
public final class EventDecoder implements RecordDecoder<Event> {
  private static final long serialVersionUID = 1L;

  private final EventTime eventTime;

  /** Decodes records that {@code eventTime} dates. */
  public EventDecoder(EventTime eventTime) {
    this.eventTime = eventTime;
  }

  @Override
  public Event decode(RawRecord record) throws InvalidRecordException {
    EventFields fields = new EventFields();
    JsonPayload.read(record, fields);
    requiredEventTime("event_time", fields.eventTime, record, eventTime);
    return new Event(
        required("event_id", fields.eventId),
        required("region", fields.region),
        unlessBlank(fields.userId),
        unlessBlank(fields.page),
        fields.value,
        record);
  }

  private static @Nullable String unlessBlank(@Nullable String text) {
    return text == null || text.isBlank() ? null : text;
  }

  private static final class EventFields implements JsonPayload.Fields {
    private @Nullable String eventId;
    private @Nullable String region;
    private boolean isDated;
    private @Nullable Instant eventTime;
    private @Nullable String userId;
    private @Nullable String page;
    private @Nullable BigDecimal value;

    @Override
    public void field(String name, JsonPayload.Value field)
        throws InvalidRecordException, IOException {
      switch (name) {
        case "event_id" -> eventId = field.text();
        case "region" -> region = field.text();
        case "event_time" -> {
          isDated = once(name, isDated);
          eventTime = field.instant();
        }
        case "user_id" -> userId = field.text();
        case "page" -> page = field.text();
        case "value" -> value = field.decimal();
        default -> {}
      }
    }
  }
}
