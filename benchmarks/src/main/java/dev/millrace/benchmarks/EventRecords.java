package dev.millrace.benchmarks;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Makes the events of a topic, the same for the same seed: JSON of about 140 bytes. */
final class EventRecords {
  /** The field with the event time. */
  static final String EVENT_TIME = "event_time";

  /**
   * Keys. Chosen so that with a parallelism of two each subtask gets ten of them, by Flink's hash
   * of the text and by that of Beam's encoding; five of each combination.
   */
  static final List<String> REGIONS =
      List.of(
          "Brazil",
          "Germany",
          "Canada",
          "Argentina",
          "Ghana",
          "Chile",
          "Austria",
          "Egypt",
          "Denmark",
          "China",
          "France",
          "Norway",
          "Greece",
          "India",
          "Senegal",
          "Japan",
          "Italy",
          "Sweden",
          "Mexico",
          "Thailand");

  private static final List<byte[]> KEYS =
      REGIONS.stream().map(each -> each.getBytes(StandardCharsets.UTF_8)).toList();

  private static final long MINUTE = 60_000;
  private static final int USERS = 900_000;
  private static final int PAGES = 9_000;
  private static final int CENTS = 100_000;

  private final String topic;
  private final int partitions;
  private final SplittableRandom random;
  private final StringBuilder json = new StringBuilder(256);
  private long minute = Long.MIN_VALUE;
  private String minuteText = "";
  private long made;

  EventRecords(String topic, int partitions, long seed) {
    this.topic = topic;
    this.partitions = partitions;
    this.random = new SplittableRandom(seed);
  }

  /**
   * The next record. A region's records are all in one partition, and each partition has as many
   * regions as the next, if their number divides 20.
   *
   * @param eventMillis milliseconds since 1970; the record's Kafka timestamp, too
   * @param more put before the payload's last brace
   */
  ProducerRecord<byte[], byte[]> next(long eventMillis, String more) {
    int region = random.nextInt(REGIONS.size());
    json.setLength(0);
    json.append("{\"event_id\":\"e-");
    digits(made++, 8);
    json.append("\",\"region\":\"").append(REGIONS.get(region)).append("\",\"user_id\":\"u-");
    digits(random.nextInt(USERS), 6);
    json.append("\",\"page\":\"/p/");
    digits(random.nextInt(PAGES), 4);
    json.append("\",\"value\":");
    int cents = random.nextInt(CENTS);
    json.append(cents / 100).append('.');
    digits(cents % 100, 2);
    json.append(",\"").append(EVENT_TIME).append("\":\"");
    time(eventMillis);
    json.append('"').append(more).append('}');
    return new ProducerRecord<>(
        topic,
        region % partitions,
        eventMillis,
        KEYS.get(region),
        json.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** As {@link Instant#toString()}, but always with milliseconds, and fast. */
  private void time(long millis) {
    long its = Math.floorDiv(millis, MINUTE);
    if (its != minute) {
      minute = its;
      minuteText = Instant.ofEpochMilli(its * MINUTE).toString().substring(0, 17);
    }
    int rest = (int) Math.floorMod(millis, MINUTE);
    json.append(minuteText);
    digits(rest / 1_000, 2);
    json.append('.');
    digits(rest % 1_000, 3);
    json.append('Z');
  }

  private void digits(long number, int least) {
    String text = Long.toString(number);
    for (int i = text.length(); i < least; i++) {
      json.append('0');
    }
    json.append(text);
  }
}
