package dev.millrace.runners.feed;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.both;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;

import dev.millrace.pipelines.traffic.Event;
import dev.millrace.pipelines.traffic.EventLines;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.time.TimeField;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrafficEventsTest {
  private static final Instant START = Instant.parse("2026-05-26T08:00:00Z");
  private static final int COUNT = 20_000;
  private static final int USERS = 50;
  private static final int PER_SECOND = 20;
  private static final TimeField EVENT_TIME = TimeField.named("event_time");

  @Test
  void sameSeedWritesTheSameBytesAndAnotherSeedOthers() throws IOException {
    assertThat(text(events(7)), is(text(events(7))));
    assertThat(text(events(8)), is(not(text(events(7)))));
  }

  @Test
  void eventTimesAreInOrderFromTheStartOnAndAsDenseAsAsked() throws IOException {
    long before = START.toEpochMilli();
    List<byte[]> lines = lines(events(7));

    assertThat(EVENT_TIME.millis(lines.get(0)), is(before));
    for (byte[] each : lines) {
      long time = EVENT_TIME.millis(each);
      assertThat(time, is(greaterThanOrEqualTo(before)));
      before = time;
    }
    double seconds = (before - START.toEpochMilli()) / 1_000.0;
    assertThat(COUNT / seconds, is(closeTo(PER_SECOND, 1)));
  }

  @Test
  void everyLineDecodes() throws IOException, InvalidRecordException {
    List<Event> events = decoded(lines(events(7)));
    Set<String> ids = new HashSet<>();
    events.forEach(each -> ids.add(each.eventId()));

    assertThat(events.size(), is(COUNT));
    assertThat("different ids", ids.size(), is(COUNT));
  }

  @Test
  void usersAreAsManyAsAskedAndLiveInOneRegionEach() throws IOException, InvalidRecordException {
    Map<String, Set<String>> regions = new HashMap<>();
    for (Event each : decoded(lines(events(7)))) {
      if (each.userId() != null) {
        regions.computeIfAbsent(each.userId(), user -> new HashSet<>()).add(each.region());
      }
    }

    assertThat(regions.size(), is(both(greaterThan(USERS / 2)).and(lessThanOrEqualTo(USERS))));
    regions.forEach((user, its) -> assertThat(user, its.size(), is(1)));
  }

  @Test
  void someEventsHaveNoUserNoPageOrNoValue() throws IOException, InvalidRecordException {
    List<Event> events = decoded(lines(events(7)));

    assertThat(share(events.stream().map(Event::userId).toList()), is(closeTo(0.95, 0.02)));
    assertThat(share(events.stream().map(Event::page).toList()), is(closeTo(0.9, 0.02)));
    assertThat(share(events.stream().map(Event::value).toList()), is(closeTo(0.7, 0.02)));
    assertThat(
        events.stream().map(Event::value).filter(Objects::nonNull).toList(),
        everyItem(
            is(
                both(greaterThanOrEqualTo(BigDecimal.ZERO))
                    .and(lessThanOrEqualTo(BigDecimal.valueOf(500))))));
  }

  @Test
  void progressIsToldOfEveryEvent() throws IOException {
    List<Long> told = new ArrayList<>();

    new TrafficEvents(3, 1, 1, START, 1).write(new ByteArrayOutputStream(), told::add);

    assertThat(told, is(List.of(1L, 2L, 3L)));
  }

  @Test
  void noEventsAreNoBytes() throws IOException {
    assertThat(text(new TrafficEvents(0, 1, 1, START, 1)), is(""));
  }

  private static TrafficEvents events(long seed) {
    return new TrafficEvents(COUNT, USERS, PER_SECOND, START, seed);
  }

  private static String text(TrafficEvents events) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    events.write(bytes, written -> {});
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static List<byte[]> lines(TrafficEvents events) throws IOException {
    return text(events).lines().map(each -> each.getBytes(StandardCharsets.UTF_8)).toList();
  }

  private static List<Event> decoded(List<byte[]> lines) throws InvalidRecordException {
    List<Event> events = new ArrayList<>();
    for (byte[] each : lines) {
      events.add(EventLines.decoded(each, START));
    }
    return events;
  }

  private static double share(List<?> values) {
    return (double) values.stream().filter(Objects::nonNull).count() / values.size();
  }
}
