package dev.millrace.transforms.admission;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.beam.runners.core.InMemoryStateInternals;
import org.apache.beam.runners.core.StateNamespaces;
import org.apache.beam.runners.core.StateTags;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.state.MapState;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What it costs to judge an id that is new, and one that is known: a batch of a shard at a time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AdmissionBenchmark {
  private static final int BATCH = 80;
  private static final long MILLIS = 1_780_000_000_000L;
  private static final long HORIZON_SECONDS = 3_600;

  /** How many ids the shard knows before. */
  @Param({"10000", "1000000"})
  public int known;

  private final MapState<Integer, byte[]> blocks =
      InMemoryStateInternals.forKey(1)
          .state(
              StateNamespaces.global(),
              StateTags.map("blocks", VarIntCoder.of(), ByteArrayCoder.of()));

  private SeenIds ids;
  private IdLog log;
  private long next;

  /** Each iteration begins with as many ids. */
  @Setup(Level.Iteration)
  public void know() {
    blocks.clear();
    ids = new SeenIds();
    log = IdLog.EMPTY;
    next = 0;
    while (next < known) {
      judgeNew();
    }
  }

  /** New ids. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int judgeNew() {
    int admitted = judge(next);
    next += BATCH;
    return admitted;
  }

  /** Duplicates. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int judgeDuplicates() {
    return judge(known / 2);
  }

  private int judge(long from) {
    List<Candidate<Long>> batch = new ArrayList<>(BATCH);
    for (long number = from; number < from + BATCH; number++) {
      HashValue128 hash = Hashing.xxh3_128().hashCharsTo128Bits("e-" + number);
      batch.add(
          new Candidate<>(
              number, MILLIS, hash.getMostSignificantBits(), hash.getLeastSignificantBits(), 7));
    }
    ids.open(log, blocks);
    ids.expect(batch);
    int admitted = 0;
    for (Candidate<Long> each : batch) {
      if (ids.find(each, HORIZON_SECONDS) == IdBlock.Known.NO) {
        ids.add(each);
        admitted++;
      }
    }
    log = ids.close();
    return admitted;
  }
}
