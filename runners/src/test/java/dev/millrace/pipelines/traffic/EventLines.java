package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.time.Instant;
import java.util.List;

/** Lines as the traffic pipeline decodes them. */
public final class EventLines {
  private static final EventDecoder DECODER = new EventDecoder(EventTime.ofField("event_time"));

  private EventLines() {}

  /**
   * The event of a line.
   *
   * @param loadedAt the timestamp of its record
   * @throws InvalidRecordException if it is none
   */
  public static Event decoded(byte[] line, Instant loadedAt) throws InvalidRecordException {
    return DECODER.decode(
        new RawRecord(null, line, List.of(), new Origin("kafka", "events", 0, 0), loadedAt));
  }
}
