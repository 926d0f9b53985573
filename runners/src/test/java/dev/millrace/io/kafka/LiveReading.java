package dev.millrace.io.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.values.TimestampedValue;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Drives one live reader as Flink does: its start, then in turn the watermark and an advance. Keeps
 * what comes, and fails when the watermark goes back.
 */
final class LiveReading implements AutoCloseable {
  /** The watermark of a reader that knows nothing yet. */
  static final Instant BEFORE_EVERYTHING = Instant.ofEpochMilli(ReaderWatermark.MIN);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LiveReader reader;
  private final List<TimestampedValue<RawRecord>> elements = new ArrayList<>();
  private final List<String> late = new ArrayList<>();
  private Instant watermark = BEFORE_EVERYTHING;

  private LiveReading(LiveReader reader) {
    this.reader = reader;
  }

  /** Starts without a checkpoint. */
  static LiveReading start(LiveSource source) throws IOException {
    return start(source, null);
  }

  /** Starts from a checkpoint that has been stored and restored. */
  static LiveReading resume(LiveSource source, LiveMark mark) throws IOException {
    return start(source, CoderUtils.clone(source.getCheckpointMarkCoder(), mark));
  }

  private static LiveReading start(LiveSource source, @Nullable LiveMark mark) throws IOException {
    LiveReader reader = source.createReader(PipelineOptionsFactory.create(), mark);
    LiveReading reading = new LiveReading(reader);
    if (reader.start()) {
      throw new AssertionError("Flink loses what a start yields");
    }
    return reading;
  }

  /**
   * Asks for the watermark and advances once, which may wait a moment for a record; if there was
   * none, asks again, as Flink does to see whether there is an end.
   */
  void step() throws IOException {
    Instant told = watermark();
    if (reader.advance()) {
      Batch<RawRecord> batch = reader.getCurrent();
      for (int i = 0; i < batch.values().size(); i++) {
        RawRecord record = batch.values().get(i);
        Instant time = Instant.ofEpochMilli(batch.millis()[i]);
        elements.add(
            TimestampedValue.of(record, org.joda.time.Instant.ofEpochMilli(time.toEpochMilli())));
        if (time.isBefore(told)) {
          late.add(text(record));
        }
      }
    } else {
      watermark();
    }
  }

  /** Goes on until the condition holds. */
  void until(String what, BooleanSupplier reached) throws IOException {
    long begin = System.nanoTime();
    while (!reached.getAsBoolean()) {
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        throw new AssertionError(
            "not within "
                + PATIENCE
                + ": "
                + what
                + "; there are "
                + elements.size()
                + " records, the watermark "
                + watermark
                + ", "
                + mark());
      }
      step();
    }
  }

  /** Goes on until there are so many records, of all steps. */
  void untilRecords(int count) throws IOException {
    until(count + " records", () -> elements.size() >= count);
  }

  /** Goes on until the watermark is there or beyond. */
  void untilWatermark(Instant time) throws IOException {
    until("watermark " + time, () -> !watermark().isBefore(time));
  }

  /** Goes on until these offsets are the next ones to be read. */
  void untilOffsets(Map<Integer, Long> offsets) throws IOException {
    until("offsets " + offsets, () -> offsets().equals(offsets));
  }

  /** Goes on until a partition has been silent for so long. */
  void untilSilent(int partition, Duration silence) throws IOException {
    until(
        "silence of " + silence,
        () ->
            mark().partitions().stream()
                .anyMatch(
                    each ->
                        each.number() == partition && each.silentMillis() >= silence.toMillis()));
  }

  /** The watermark now. */
  Instant watermark() {
    Instant now = Instant.ofEpochMilli(reader.getWatermark().getMillis());
    if (now.isBefore(watermark)) {
      throw new AssertionError("the watermark went back from " + watermark + " to " + now);
    }
    watermark = now;
    return now;
  }

  /** A checkpoint. */
  LiveMark mark() {
    return reader.getCheckpointMark();
  }

  /** The next offset of each partition. */
  Map<Integer, Long> offsets() {
    return offsets(mark());
  }

  /** The offsets in a checkpoint. */
  static Map<Integer, Long> offsets(LiveMark mark) {
    Map<Integer, Long> offsets = new TreeMap<>();
    mark.partitions().forEach(each -> offsets.put(each.number(), each.nextOffset()));
    return offsets;
  }

  /** The records that have come, with their event times. */
  List<TimestampedValue<RawRecord>> elements() {
    return List.copyOf(elements);
  }

  /** The records that have come. */
  List<RawRecord> records() {
    return elements.stream().map(TimestampedValue::getValue).toList();
  }

  /** The event times of the records that have come. */
  List<Instant> times() {
    return elements.stream()
        .map(each -> Instant.ofEpochMilli(each.getTimestamp().getMillis()))
        .toList();
  }

  /** The texts of the records that have come. */
  List<String> texts() {
    return elements.stream().map(each -> text(each.getValue())).toList();
  }

  /** The texts by partition. */
  Map<Integer, List<String>> textsByPartition() {
    return elements.stream()
        .map(TimestampedValue::getValue)
        .collect(
            Collectors.groupingBy(
                each -> each.origin().partition(),
                TreeMap::new,
                Collectors.mapping(LiveReading::text, Collectors.toList())));
  }

  /** The texts of those that came behind the watermark. */
  List<String> late() {
    return List.copyOf(late);
  }

  /** A record's payload as text. */
  static String text(RawRecord record) {
    return record.value() == null ? "(no value)" : new String(record.value(), UTF_8);
  }

  /** The reader itself. */
  LiveReader reader() {
    return reader;
  }

  @Override
  public void close() {
    reader.close();
  }
}
