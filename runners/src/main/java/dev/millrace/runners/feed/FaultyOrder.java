package dev.millrace.runners.feed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Puts lines, which come in the order of their event times, into the order in which they are sent,
 * with the faults asked for. Depends on nothing but the lines and the seed.
 */
public final class FaultyOrder {
  /** The latest is so many times as late as the least late. */
  private static final int SPREAD = 4;

  /** A duplicate comes within this time, if no disorder says otherwise. */
  private static final Duration REPEAT = Duration.ofSeconds(30);

  private static final JsonFactory JSON = new JsonFactory();

  private record Scheduled(long sendMillis, long sequence, Outgoing record) {}

  private final Events events;
  private final Faults faults;
  private final SplittableRandom random;
  private final Malformed malformed;
  private final Conflicting conflicting;
  private final PriorityQueue<Scheduled> queue =
      new PriorityQueue<>(
          Comparator.comparingLong(Scheduled::sendMillis).thenComparingLong(Scheduled::sequence));
  private long sequence;
  private long lastEventMillis;

  /** An order of such events. */
  public FaultyOrder(Events events, Faults faults) {
    this.events = events;
    this.faults = faults;
    this.random = new SplittableRandom(faults.seed());
    this.malformed = new Malformed(events, random.split());
    this.conflicting = new Conflicting(events);
  }

  /** Takes the next line, and passes on what is due before its event time. */
  public void add(byte[] line, Consumer<Outgoing> send) {
    Fields fields = Fields.of(line, events.keyField());
    // A time beyond is a mistake of the line: it is sent, dated like the line before it.
    boolean usable = fields.eventMillis != null && EventTime.isAccepted(fields.eventMillis);
    long event = usable ? fields.eventMillis : lastEventMillis;
    lastEventMillis = event;
    boolean late = random.nextDouble() < faults.late();
    long due = event + upTo(faults.disorder());
    if (late) {
      due += faults.lateBy().toMillis() + upTo(faults.lateBy().multipliedBy(SPREAD - 1));
    }
    schedule(due, line, fields.key, event, late ? Outgoing.Kind.LATE : Outgoing.Kind.ORIGINAL);
    Duration within = faults.disorder().isZero() ? REPEAT : faults.disorder();
    if (random.nextDouble() < faults.duplicates()) {
      schedule(due + upTo(within), line, fields.key, event, Outgoing.Kind.DUPLICATE);
    } else if (faults.conflicting() > 0 && random.nextDouble() < faults.conflicting()) {
      byte[] other = conflicting.copyOf(line);
      schedule(due + upTo(within), other, fields.key, event, Outgoing.Kind.CONFLICTING);
    }
    if (random.nextDouble() < faults.malformed()) {
      byte[] broken = malformed.copyOf(line);
      schedule(event + upTo(faults.disorder()), broken, fields.key, event, Outgoing.Kind.MALFORMED);
    }
    while (!queue.isEmpty() && queue.peek().sendMillis() <= event) {
      send.accept(queue.poll().record());
    }
  }

  /** Passes on the rest. */
  public void finish(Consumer<Outgoing> send) {
    while (!queue.isEmpty()) {
      send.accept(queue.poll().record());
    }
  }

  private void schedule(
      long due, byte[] value, @Nullable String key, long event, Outgoing.Kind kind) {
    queue.add(new Scheduled(due, sequence++, new Outgoing(key, value, event, kind)));
  }

  private long upTo(Duration limit) {
    return limit.isZero() ? 0 : random.nextLong(limit.toMillis() + 1);
  }

  /** The key and time of an event, as far as the line has them. */
  private static final class Fields {
    private @Nullable String key;
    private @Nullable Long eventMillis;

    static Fields of(byte[] line, String keyField) {
      Fields fields = new Fields();
      try (JsonParser parser = JSON.createParser(line)) {
        if (parser.nextToken() == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.VALUE_STRING && name.equals(keyField)) {
              fields.key = parser.getText();
            } else if (value == JsonToken.VALUE_STRING && name.equals("event_time")) {
              fields.eventMillis =
                  OffsetDateTime.parse(parser.getText()).toInstant().toEpochMilli();
            }
            parser.skipChildren();
          }
        }
      } catch (IOException | DateTimeException | ArithmeticException e) {
        // A line that was broken before: it is sent as it is.
        return fields;
      }
      return fields;
    }
  }
}
