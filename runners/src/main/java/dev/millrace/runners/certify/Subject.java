package dev.millrace.runners.certify;

import dev.millrace.runners.feed.Events;
import dev.millrace.runners.feed.Faults;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;

/**
 * A pipeline, with the events to certify it on, and what must be equal.
 *
 * <p>Queries find two tables beside the pipeline's: {@code conflicts}, the events with an id that
 * another event has too, and {@code late}, the late records of the stream; both with the event as
 * {@code event jsonb} and its {@code event_time}.
 */
interface Subject {
  EventTime EVENT_TIME = EventTime.ofField("event_time");

  /** Those that can be certified. */
  List<Subject> ALL = List.of(new OrdersSubject(), new TrafficSubject());

  /** The one of that name. */
  static Optional<Subject> of(String pipeline) {
    return ALL.stream().filter(each -> each.name().equals(pipeline)).findFirst();
  }

  /** Its name. */
  String name();

  /** What its events are. */
  Events events();

  /** Writes events in the order of their times, as JSON lines. */
  void write(long events, long seed, OutputStream out) throws IOException;

  /**
   * What goes wrong on their way.
   *
   * @param conflicting the share of events of which another one has the id
   */
  Faults faults(long seed, double conflicting);

  /** Of its live topic. */
  Duration outOfOrderness();

  /** What becomes of late events in the streams that are certified, the default first. */
  List<LatePolicy> latePolicies();

  /** Places where a stream is made to fail. */
  List<String> places();

  /** Adds the pipeline. */
  void build(
      Pipeline pipeline, PTransform<PBegin, PCollection<Batch<RawRecord>>> source, Wiring wiring);

  /** The tables, when everything is in them. */
  List<Question> tables();

  /** The tables of a stream whose late records are still beside them: both together. */
  List<Question> tablesAndLate();
}
