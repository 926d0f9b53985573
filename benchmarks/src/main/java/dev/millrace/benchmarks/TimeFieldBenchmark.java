package dev.millrace.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.transforms.time.TimeField;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to read the event time of one record of about 140 bytes: by the scan of {@link
 * TimeField}, and by a streaming parse up to the field, which is what the scan replaces.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TimeFieldBenchmark {
  private static final int RECORDS = 1_000;
  private static final long SEED = 20260526;
  private static final Instant START = Instant.parse("2026-05-26T00:00:00Z");
  private static final String NAME = "event_time";

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();

  /** Where in the payload the field stands. */
  @Param({"first", "middle", "last"})
  public String position;

  private final TimeField field = TimeField.named(NAME);
  private byte[][] payloads;

  /** Makes the payloads: different records, the same on every run. */
  @Setup
  public void makePayloads() {
    SplittableRandom random = new SplittableRandom(SEED);
    payloads = new byte[RECORDS][];
    for (int i = 0; i < RECORDS; i++) {
      payloads[i] = payload(random).getBytes(StandardCharsets.UTF_8);
    }
  }

  /** Returns the sum of the times, so that none is optimized away. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public long scan() {
    long sum = 0;
    for (byte[] payload : payloads) {
      sum += field.millis(payload);
    }
    return sum;
  }

  /** Returns the same sum. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public long streamingParse() throws IOException {
    long sum = 0;
    for (byte[] payload : payloads) {
      sum += parse(payload);
    }
    return sum;
  }

  private static long parse(byte[] payload) throws IOException {
    try (JsonParser parser = JSON.createParser(payload)) {
      parser.nextToken();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        boolean named = parser.currentName().equals(NAME);
        parser.nextToken();
        if (named) {
          return OffsetDateTime.parse(parser.getText()).toInstant().toEpochMilli();
        }
        parser.skipChildren();
      }
    }
    throw new IllegalStateException("a payload without " + NAME);
  }

  private String payload(SplittableRandom random) {
    List<String> fields = new ArrayList<>();
    fields.add("\"event_id\":\"e-%016x\"".formatted(random.nextLong()));
    fields.add("\"order_id\":\"%d\"".formatted(random.nextInt(100_000, 1_000_000)));
    fields.add("\"region\":\"%s\"".formatted(random.nextBoolean() ? "Germany" : "France"));
    fields.add("\"amount\":%d.%02d".formatted(random.nextInt(1_000), random.nextInt(100)));
    fields.add("\"status\":\"PAID\"");
    int index =
        switch (position) {
          case "first" -> 0;
          case "middle" -> fields.size() / 2;
          case "last" -> fields.size();
          default -> throw new IllegalArgumentException("no such position: " + position);
        };
    Instant time = START.plus(Duration.ofSeconds(random.nextInt(86_400)));
    fields.add(index, "\"%s\":\"%s\"".formatted(NAME, time));
    return "{" + String.join(",", fields) + "}";
  }
}
