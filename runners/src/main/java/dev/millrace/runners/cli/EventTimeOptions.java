package dev.millrace.runners.cli;

import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** What the time of a record is. */
final class EventTimeOptions {

  @Option(
      names = "--eventTime",
      paramLabel = "FIELD|record",
      description =
          "What dates a record: a top-level field of its JSON, or the record's own timestamp"
              + " (Kafka's, or the file's modification time).")
  private String eventTime = "event_time";

  @Option(
      names = "--futureTolerance",
      defaultValue = "1h",
      converter = DurationConverter.class,
      description =
          "How far an event time may be ahead of the record's own timestamp. Further, the record is"
              + " a dead letter, and doesn't move the watermark.")
  private Duration futureTolerance = EventTime.DEFAULT_TOLERANCE;

  /** How records are dated. */
  EventTime eventTime(List<String> mistakes) {
    if (eventTime.isBlank()) {
      mistakes.add("--eventTime is blank: it is the name of a field, or record");
      return EventTime.ofRecord();
    }
    EventTime chosen =
        eventTime.equals("record") ? EventTime.ofRecord() : EventTime.ofField(eventTime);
    return chosen.withTolerance(futureTolerance);
  }

  /** How far an event time may be ahead of the record's own timestamp. */
  Duration futureTolerance() {
    return futureTolerance;
  }
}
