package dev.millrace.runners.feed;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.pipelines.traffic.EventLines;
import dev.millrace.transforms.decode.InvalidRecordException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MalformedTest {
  private static final Instant START = Instant.parse("2026-05-26T08:00:00Z");

  @Test
  void everyCopyOfATrafficEventDiffersFromItAndIsRefused() throws IOException {
    Malformed malformed = new Malformed(Events.TRAFFIC, new SplittableRandom(20260526));
    Set<String> errors = new TreeSet<>();

    for (byte[] line : trafficEvents()) {
      byte[] copy = malformed.copyOf(line);

      assertThat(copy, is(not(line)));
      InvalidRecordException e =
          assertThrows(
              InvalidRecordException.class,
              () -> EventLines.decoded(copy, START),
              () -> new String(copy, StandardCharsets.UTF_8));
      errors.add(e.errorClass());
    }

    assertThat(
        errors,
        is(
            Set.of(
                "empty",
                "malformed_json",
                "missing_field",
                "not_utf8",
                "out_of_range",
                "wrong_type")));
  }

  @ParameterizedTest
  @EnumSource
  void copyOfWhatHasNoneOfTheFieldsDiffersToo(Events events) {
    Malformed malformed = new Malformed(events, new SplittableRandom(20260527));
    byte[] notUtf8 = {(byte) 0xff, (byte) 0xff};

    for (int i = 0; i < 200; i++) {
      for (byte[] line : List.of(bytes("{}"), bytes("{\"a\": 1}"), bytes(""), notUtf8)) {
        assertThat(malformed.copyOf(line), is(not(line)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"event_id\":\"e1\",\"region\":\"US\",\"event_time\":\"2026-05-26T08:00:00Z\"}",
        "{ \"value\" : 1.5 , \"region\" : \"US\" , \"event_time\" : \"2026-05-26T08:00:00Z\" ,"
            + " \"event_id\" : \"e1\" }",
        "{\"value\":null,\"event_id\":\"e1\",\"event_time\":\"2026-05-26T08:00:00Z\","
            + "\"region\":\"US\"}",
      })
  void copyOfALineWrittenInAnotherWayIsRefusedToo(String line) throws InvalidRecordException {
    EventLines.decoded(bytes(line), START); // Is an event itself.
    Malformed malformed = new Malformed(Events.TRAFFIC, new SplittableRandom(20260528));

    for (int i = 0; i < 200; i++) {
      byte[] copy = malformed.copyOf(bytes(line));
      assertThrows(
          InvalidRecordException.class,
          () -> EventLines.decoded(copy, START),
          () -> new String(copy, StandardCharsets.UTF_8));
    }
  }

  private static List<byte[]> trafficEvents() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new TrafficEvents(5_000, 50, 20, START, 7).write(bytes, written -> {});
    return bytes.toString(StandardCharsets.UTF_8).lines().map(MalformedTest::bytes).toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
