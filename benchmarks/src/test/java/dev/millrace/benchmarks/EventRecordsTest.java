package dev.millrace.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.both;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import dev.millrace.transforms.time.EventTime;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class EventRecordsTest {
  private static final long TIME = Instant.parse("2026-05-26T08:00:00Z").toEpochMilli();

  @Test
  void decoderFindsTheRegionOfTheKeyAndAValueOfTwoDigits() {
    for (ProducerRecord<byte[], byte[]> each : records(1_000)) {
      Event event = Event.decode(each.value());
      assertThat(event.region(), is(new String(each.key(), UTF_8)));
      assertThat(event.value().scale(), is(2));
      assertThat(
          event.value(),
          is(both(greaterThan(new BigDecimal(-1))).and(lessThan(new BigDecimal(1_000)))));
    }
  }

  @Test
  void eventTimeIsTheOneOfTheRecordToTheMillisecond() {
    EventTime eventTime = EventTime.ofField(EventRecords.EVENT_TIME);
    for (ProducerRecord<byte[], byte[]> each : records(1_000)) {
      assertThat(eventTime.find(each.value(), each.timestamp()), is(each.timestamp()));
    }
  }

  @Test
  void payloadsAreOfAbout140Bytes() {
    double bytes =
        records(1_000).stream().mapToInt(each -> each.value().length).average().orElse(0);

    assertThat(bytes, is(both(greaterThan(135.0)).and(lessThan(145.0))));
  }

  @Test
  void regionStaysInItsPartitionAndPartitionsAreEquallyFull() {
    int[] records = new int[4];
    for (ProducerRecord<byte[], byte[]> each : records(10_000)) {
      int region = EventRecords.REGIONS.indexOf(new String(each.key(), UTF_8));
      assertThat(each.partition(), is(region % 4));
      records[each.partition()]++;
    }

    for (int each : records) {
      assertThat(each, is(both(greaterThan(2_300)).and(lessThan(2_700))));
    }
  }

  private static List<ProducerRecord<byte[], byte[]>> records(int count) {
    EventRecords events = new EventRecords("topic", 4, 1);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(events.next(TIME + 37L * i, ""));
    }
    return records;
  }
}
