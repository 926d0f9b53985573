package dev.millrace.runners.feed;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.both;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;

import dev.millrace.pipelines.traffic.Event;
import dev.millrace.pipelines.traffic.EventLines;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.time.TimeField;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FaultyOrderTest {
  private static final Instant START = Instant.parse("2026-05-26T08:00:00Z");
  private static final Faults ALL = faults(0.02, 0.01, 7);

  @Test
  void sameSeedSendsTheSameRecordsInTheSameOrder() {
    assertThat(texts(sent(ALL)), is(texts(sent(ALL))));
    assertThat(texts(sent(faults(0.02, 0.01, 8))), is(not(texts(sent(ALL)))));
  }

  @Test
  void withoutFaultsEverythingIsSentAsItCame() {
    assertThat(texts(sent(Faults.none())), is(lines()));
  }

  @Test
  void everyOriginalIsSentOnceAndFaultsComeAsOftenAsAsked() {
    List<Outgoing> sent = sent(ALL);
    List<String> originals = new ArrayList<>();
    for (Outgoing each : sent) {
      if (each.kind() == Outgoing.Kind.ORIGINAL || each.kind() == Outgoing.Kind.LATE) {
        originals.add(text(each));
      }
    }
    originals.sort(null);
    List<String> expected = new ArrayList<>(lines());
    expected.sort(null);

    assertThat(originals, is(expected));
    assertThat(
        count(sent, Outgoing.Kind.DUPLICATE), is(both(greaterThan(400L)).and(lessThan(600L))));
    assertThat(count(sent, Outgoing.Kind.LATE), is(both(greaterThan(140L)).and(lessThan(260L))));
    assertThat(
        count(sent, Outgoing.Kind.MALFORMED), is(both(greaterThan(60L)).and(lessThan(140L))));
  }

  @Test
  void disorderStaysWithinItsBound() {
    List<Outgoing> sent = sent(new Faults(0, Duration.ofSeconds(60), 0, Faults.LATE_BY, 0, 0, 1));
    long newest = 0;
    long furthestBehind = 0;
    for (Outgoing each : sent) {
      newest = Math.max(newest, each.eventMillis());
      furthestBehind = Math.max(furthestBehind, newest - each.eventMillis());
    }

    assertThat(furthestBehind, is(both(greaterThan(30_000L)).and(lessThanOrEqualTo(60_000L))));
  }

  @Test
  void conflictingCopiesHaveTheIdAndTimeOfTheirEventAndAnotherAmount()
      throws IOException, InvalidRecordException {
    Map<String, Event> originals = new HashMap<>();
    for (byte[] line : trafficEvents()) {
      Event event = EventLines.decoded(line, START);
      originals.put(event.eventId(), event);
    }
    Faults conflicts = new Faults(0.05, Duration.ZERO, 0, Faults.LATE_BY, 0, 0.02, 7);

    Set<String> twice = new HashSet<>();
    Set<String> conflicting = new HashSet<>();
    for (Outgoing each : sent(Events.TRAFFIC, trafficEvents(), conflicts)) {
      Event event = EventLines.decoded(each.value(), START);
      Event original = originals.get(event.eventId());
      if (each.kind() == Outgoing.Kind.DUPLICATE) {
        twice.add(event.eventId());
      } else if (each.kind() == Outgoing.Kind.CONFLICTING) {
        conflicting.add(event.eventId());
        assertThat(each.eventMillis(), is(TimeField.named("event_time").millis(each.value())));
        assertThat(event.region(), is(original.region()));
        assertThat(event.userId(), is(original.userId()));
        assertThat(event.value(), is(not(original.value())));
      }
    }

    assertThat(conflicting.size(), is(both(greaterThan(140)).and(lessThan(260))));
    twice.retainAll(conflicting);
    assertThat("sent twice and conflicting", twice, is(Set.of()));
  }

  @Test
  void linesThatAreNoJsonAreSentAsTheyAre() {
    List<Outgoing> sent = new ArrayList<>();
    FaultyOrder order = new FaultyOrder(Events.ORDERS, Faults.none());
    byte[] junk = {(byte) 0xff, 0, 1};
    order.add(junk, sent::add);
    order.add(new byte[0], sent::add);
    order.finish(sent::add);

    assertThat(sent.get(0).value(), is(junk));
    assertThat(sent.size(), is(2));
  }

  @Test
  void trafficEventsAreKeyedByTheirUserAndDatedByTheirTime()
      throws IOException, InvalidRecordException {
    List<byte[]> lines = trafficEvents();
    List<Outgoing> sent = sent(Events.TRAFFIC, lines, Faults.none());

    assertThat(texts(sent), is(lines.stream().map(FaultyOrderTest::text).toList()));
    for (Outgoing each : sent) {
      assertThat(each.key(), is(EventLines.decoded(each.value(), START).userId()));
      assertThat(each.eventMillis(), is(TimeField.named("event_time").millis(each.value())));
    }
  }

  @Test
  void malformedCopiesOfTrafficEventsDifferFromEveryLine() throws IOException {
    List<byte[]> lines = trafficEvents();
    Set<String> originals = new HashSet<>();
    lines.forEach(each -> originals.add(text(each)));

    List<Outgoing> sent = sent(Events.TRAFFIC, lines, ALL);

    for (Outgoing each : sent) {
      boolean malformed = each.kind() == Outgoing.Kind.MALFORMED;
      assertThat(text(each), originals.contains(text(each)), is(!malformed));
    }
    assertThat(
        count(sent, Outgoing.Kind.MALFORMED), is(both(greaterThan(60L)).and(lessThan(140L))));
    assertThat(
        count(sent, Outgoing.Kind.DUPLICATE), is(both(greaterThan(400L)).and(lessThan(600L))));
  }

  private static Faults faults(double late, double malformed, long seed) {
    return new Faults(0.05, Duration.ofSeconds(60), late, Faults.LATE_BY, malformed, 0, seed);
  }

  private static List<Outgoing> sent(Faults faults) {
    return sent(
        Events.ORDERS,
        lines().stream().map(each -> each.getBytes(StandardCharsets.UTF_8)).toList(),
        faults);
  }

  private static List<Outgoing> sent(Events events, List<byte[]> lines, Faults faults) {
    List<Outgoing> sent = new ArrayList<>();
    FaultyOrder order = new FaultyOrder(events, faults);
    for (byte[] line : lines) {
      order.add(line, sent::add);
    }
    order.finish(sent::add);
    return sent;
  }

  private static List<byte[]> trafficEvents() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new TrafficEvents(10_000, 50, 20, START, 7).write(bytes, written -> {});
    return bytes
        .toString(StandardCharsets.UTF_8)
        .lines()
        .map(each -> each.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  private static List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      lines.add(
          "{\"order_id\": \"o-%d\", \"amount\": 1, \"event_time\": \"%s\"}"
              .formatted(i, START.plusSeconds(i)));
    }
    return lines;
  }

  private static List<String> texts(List<Outgoing> records) {
    return records.stream().map(FaultyOrderTest::text).toList();
  }

  private static String text(Outgoing record) {
    return text(record.value());
  }

  private static String text(byte[] line) {
    return new String(line, StandardCharsets.UTF_8);
  }

  private static long count(List<Outgoing> records, Outgoing.Kind kind) {
    return records.stream().filter(each -> each.kind() == kind).count();
  }
}
