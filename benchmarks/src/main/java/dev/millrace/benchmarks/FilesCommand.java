package dev.millrace.benchmarks;

import dev.millrace.io.files.FileRecords;
import dev.millrace.runners.feed.TrafficEvents;
import dev.millrace.runners.local.Trees;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures a backfill from files. */
@Command(
    name = "files",
    description = {
      "Run the traffic pipeline over files, to nowhere, in this process, interleaved,"
          + " after a round that doesn't count; the job's start and end included."
    },
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class FilesCommand implements Callable<Integer> {
  private static final int FILES = 16;
  private static final int USERS = 900_000;
  private static final int PER_SECOND = 1_000;
  private static final Instant START = Instant.parse("2026-05-26T00:00:00Z");
  private static final long SEED = 20260526;
  private static final Duration LOOK = Duration.ofMillis(20);

  @Option(names = "--events", paramLabel = "N", description = "In all files.")
  private long events = 5_000_000;

  @Option(
      names = "--parallelism",
      paramLabel = "A,B",
      split = ",",
      description = "Of all steps. Default: 1 and 2.")
  private List<Integer> parallelisms = List.of(1, 2);

  @Option(names = "--rounds", paramLabel = "R", description = "How often.")
  private int rounds = 3;

  @Override
  public Integer call() throws IOException {
    if (events < 1 || rounds < 1) {
      throw new Benchmarks.FailedException("--events and --rounds are 1 or more");
    }
    Path directory = Files.createTempDirectory("bench-files");
    try {
      write(directory);
      measure(directory + "/*.json");
    } finally {
      Trees.delete(directory);
    }
    return 0;
  }

  private void measure(String glob) {
    Map<Integer, List<Double>> rates = new TreeMap<>();
    for (int round = 0; round <= rounds; round++) {
      for (int parallelism : parallelisms) {
        double rate = rate(glob, parallelism);
        System.err.printf(
            Locale.ROOT,
            "Round %d of %d, parallelism %d: %,.0f events/s%n",
            round,
            rounds,
            parallelism,
            rate);
        if (round > 0) {
          rates.computeIfAbsent(parallelism, each -> new ArrayList<>()).add(rate);
        }
      }
    }
    rates.forEach(
        (parallelism, each) ->
            System.out.printf(
                Locale.ROOT,
                "parallelism %d: %s events/s%n",
                parallelism,
                Summary.Spread.of(each, rate -> rate).text("%,.0f")));
  }

  private double rate(String glob, int parallelism) {
    long begin = System.nanoTime();
    RunningJob job =
        OurJobs.startTraffic(Job.TRAFFIC, FileRecords.read(glob, JobTopic.EVENT_TIME), parallelism);
    while (job.runs()) {
      LockSupport.parkNanos(LOOK.toNanos());
    }
    double rate = events * 1e9 / (System.nanoTime() - begin);
    if (Rows.counted() != events) {
      throw new Benchmarks.FailedException(
          "the windows have %,d of %,d events".formatted(Rows.counted(), events));
    }
    return rate;
  }

  /** One event to each file in turn. */
  private void write(Path directory) throws IOException {
    List<OutputStream> files = new ArrayList<>();
    try {
      for (int i = 0; i < FILES; i++) {
        Path file = directory.resolve("events-%02d.json".formatted(i));
        files.add(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16));
      }
      new TrafficEvents(events, USERS, PER_SECOND, START, SEED)
          .write(new InTurn(files), done -> {});
    } finally {
      for (OutputStream file : files) {
        file.close();
      }
    }
  }

  private static final class InTurn extends OutputStream {
    private final List<OutputStream> files;
    private int next;

    InTurn(List<OutputStream> files) {
      this.files = files;
    }

    @Override
    public void write(int b) {
      throw new UnsupportedOperationException("events come as lines");
    }

    @Override
    public void write(byte[] line) throws IOException {
      files.get(next++ % files.size()).write(line);
    }
  }
}
