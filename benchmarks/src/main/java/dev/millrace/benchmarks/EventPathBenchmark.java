package dev.millrace.benchmarks;

import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.pipelines.traffic.Event;
import dev.millrace.pipelines.traffic.EventCoder;
import dev.millrace.pipelines.traffic.EventDecoder;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.window.ValueStats;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What the steps of {@code traffic} cost an event, each alone. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EventPathBenchmark {
  private static final int RECORDS = 1_000;
  private static final int ROOM = 1 << 20;
  private static final long SEED = 20260526;
  private static final Instant START = Instant.parse("2026-05-26T00:00:00Z");
  private static final List<String> REGIONS = List.of("DE", "FR", "GB", "JP", "US", "BR");

  private final EventDecoder decoder = new EventDecoder(JobTopic.EVENT_TIME);
  private final EventCoder coder = EventCoder.of();
  private final RawRecord[] records = new RawRecord[RECORDS];
  private final Event[] events = new Event[RECORDS];
  private final FieldWriter written = new FieldWriter(ROOM);
  private byte[] encoded;

  /** Makes the records: different ones, the same on every run. */
  @Setup
  public void makeRecords() throws InvalidRecordException, IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    FieldWriter out = new FieldWriter(ROOM);
    for (int i = 0; i < RECORDS; i++) {
      Instant time = START.plus(Duration.ofSeconds(random.nextInt(3_600)));
      String json =
          "{\"event_id\":\"e%08d\",\"region\":\"%s\",\"user_id\":\"u%d\",\"page\":\"/item/%d\","
                  .formatted(
                      i,
                      REGIONS.get(random.nextInt(REGIONS.size())),
                      random.nextInt(900_000),
                      random.nextInt(1_000))
              + "\"value\":%d.%02d,\"event_time\":\"%s\"}"
                  .formatted(random.nextInt(100), random.nextInt(100), time);
      records[i] =
          new RawRecord(
              null,
              json.getBytes(StandardCharsets.UTF_8),
              List.of(),
              new Origin(KafkaRecords.SYSTEM, "visits", i % 4, i),
              time);
      events[i] = decoder.decode(records[i]);
      coder.encode(events[i], out);
    }
    encoded = out.toByteArray();
  }

  /** JSON of some 130 B, to an event. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void decodeJson(Blackhole events) throws InvalidRecordException {
    for (RawRecord each : records) {
      events.consume(decoder.decode(each));
    }
  }

  /** An event, with its record, to bytes. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public int encode() throws IOException {
    written.clear(encoded.length);
    for (Event each : events) {
      coder.encode(each, written);
    }
    return written.size();
  }

  /** And back. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void decode(Blackhole decoded) throws IOException {
    FieldReader in = new FieldReader(encoded);
    for (int i = 0; i < RECORDS; i++) {
      decoded.consume(coder.decode(in));
    }
  }

  /** What a bundle has of each region, added up. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public Map<String, ValueStats> preAggregate() {
    Map<String, ValueStats> regions = new HashMap<>();
    for (Event each : events) {
      regions.put(
          each.region(), regions.getOrDefault(each.region(), ValueStats.NONE).plus(each.value()));
    }
    return regions;
  }
}
