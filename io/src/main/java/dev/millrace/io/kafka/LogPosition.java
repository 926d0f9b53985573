package dev.millrace.io.kafka;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A place in every partition of a topic: where a live stream starts, or a range starts or ends. */
public final class LogPosition {
  private enum Kind {
    COMMITTED,
    EARLIEST,
    LATEST,
    TIMESTAMP,
    OFFSETS
  }

  private final Kind kind;
  private final @Nullable Instant time;
  private final SortedMap<Integer, Long> offsets;

  private LogPosition(Kind kind, @Nullable Instant time, Map<Integer, Long> offsets) {
    this.kind = kind;
    this.time = time;
    this.offsets = new TreeMap<>(offsets);
  }

  /** After the last offset that the group has committed; a partition without one: its start. */
  public static LogPosition committed() {
    return new LogPosition(Kind.COMMITTED, null, Map.of());
  }

  /** At the oldest record that the topic still has. */
  public static LogPosition earliest() {
    return new LogPosition(Kind.EARLIEST, null, Map.of());
  }

  /** After the newest record there is when it is asked. */
  public static LogPosition latest() {
    return new LogPosition(Kind.LATEST, null, Map.of());
  }

  /**
   * At each partition's first record whose Kafka timestamp is {@code time} or later; a partition
   * without one: its end.
   */
  public static LogPosition timestamp(Instant time) {
    return new LogPosition(Kind.TIMESTAMP, time, Map.of());
  }

  /** At these offsets, by partition; the others are not spoken of. */
  public static LogPosition offsets(Map<Integer, Long> offsets) {
    return new LogPosition(Kind.OFFSETS, null, offsets);
  }

  /**
   * Reads {@code earliest}, {@code latest}, {@code committed}, a time like {@code
   * 2026-05-26T08:00:00Z}, or offsets by partition like {@code 0:42,1:17}.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static LogPosition parse(String text) {
    return switch (text) {
      case "earliest" -> earliest();
      case "latest" -> latest();
      case "committed" -> committed();
      default -> parseOffsetsOrTime(text);
    };
  }

  private static LogPosition parseOffsetsOrTime(String text) {
    try {
      return text.matches("\\d+:\\d+(,\\d+:\\d+)*")
          ? offsets(parseOffsets(text))
          : timestamp(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeParseException | NumberFormatException e) {
      throw new IllegalArgumentException(
          text
              + " is no position: it is earliest, latest, committed, a time like"
              + " 2026-05-26T08:00:00Z, or offsets by partition like 0:42,1:17",
          e);
    }
  }

  private static Map<Integer, Long> parseOffsets(String text) {
    Map<Integer, Long> offsets = new TreeMap<>();
    for (String each : text.split(",", -1)) {
      int colon = each.indexOf(':');
      int partition = Integer.parseInt(each.substring(0, colon));
      if (offsets.put(partition, Long.parseLong(each.substring(colon + 1))) != null) {
        throw new NumberFormatException("partition " + partition + " stands twice");
      }
    }
    return offsets;
  }

  /**
   * Makes the topic's group start here: the position becomes its committed offsets, from which
   * {@link KafkaRecords#live} starts. Also proves that the brokers answer and the topic exists.
   *
   * @throws KafkaException if not, with a message for the user
   */
  public void place(KafkaTopic topic) {
    try (TopicOffsets log = new TopicOffsets(topic)) {
      if (kind == Kind.COMMITTED) {
        log.earliest();
        log.committed();
      } else {
        SortedMap<Integer, Long> wanted = in(log, topic);
        refuseBeyondTheEnd(wanted, log.latest());
        log.commit(wanted);
      }
    }
  }

  private static void refuseBeyondTheEnd(Map<Integer, Long> wanted, Map<Integer, Long> ends) {
    wanted.forEach(
        (partition, offset) -> {
          long end = ends.getOrDefault(partition, 0L);
          if (offset > end) {
            throw new KafkaException(
                "there is no offset "
                    + offset
                    + " in partition "
                    + partition
                    + ", its end is "
                    + end);
          }
        });
  }

  /** The offsets by partition; only those spoken of. */
  SortedMap<Integer, Long> in(TopicOffsets log, KafkaTopic topic) {
    return switch (kind) {
      case EARLIEST -> log.earliest();
      case LATEST -> log.latest();
      case TIMESTAMP -> log.at(time);
      case COMMITTED -> {
        SortedMap<Integer, Long> found = log.earliest();
        Map<Integer, Long> committed = log.committed();
        // Not the later of the two: that records are gone must be noticed where they are read.
        found.replaceAll(committed::getOrDefault);
        yield found;
      }
      case OFFSETS -> {
        SortedMap<Integer, Long> partitions = log.earliest();
        offsets
            .keySet()
            .forEach(
                partition -> {
                  if (!partitions.containsKey(partition)) {
                    throw new KafkaException(
                        "topic '"
                            + topic.name()
                            + "' has no partition "
                            + partition
                            + ": it has "
                            + partitions.size()
                            + ", counted from 0");
                  }
                });
        yield offsets;
      }
    };
  }

  @Override
  public String toString() {
    return switch (kind) {
      case TIMESTAMP -> String.valueOf(time);
      case OFFSETS -> {
        StringJoiner text = new StringJoiner(",");
        offsets.forEach((partition, offset) -> text.add(partition + ":" + offset));
        yield text.toString();
      }
      default -> kind.name().toLowerCase(Locale.ROOT);
    };
  }
}
