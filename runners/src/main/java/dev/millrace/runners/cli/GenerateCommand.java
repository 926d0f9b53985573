package dev.millrace.runners.cli;

import dev.millrace.runners.feed.TrafficEvents;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a file of events to try a pipeline on. */
@Command(
    name = "generate",
    description = "Write a file of made-up events; the same seed, the same bytes.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class GenerateCommand implements Runnable, TellsAllMistakes {

  @Parameters(paramLabel = "PIPELINE", description = "Whose events: traffic.")
  private String pipeline;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "The file, JSON lines; packed if it ends on .gz.")
  private Path output;

  @Option(names = "--events", description = "How many.")
  private long events = 200_000;

  @Option(names = "--users", description = "How many different users, at most.")
  private int users = 20_000;

  @Option(names = "--perSecond", description = "Events per second of event time, on average.")
  private int perSecond = 50;

  @Option(names = "--startTime", paramLabel = "TIME", description = "When the first happens.")
  private String startTime = "2026-05-26T08:00:00Z";

  @Option(names = "--seed", description = "The same seed, the same events.")
  private long seed = 1;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    TrafficEvents made = new TrafficEvents(events, users, perSecond, checked(), seed);
    try (OutputStream out = open();
        ProgressBar bar =
            new ProgressBarBuilder()
                .setTaskName("generating")
                .setInitialMax(events)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(1_000)
                .build()) {
      made.write(out, bar::stepTo);
    } catch (IOException e) {
      throw new FailedException(output + " can't be written: " + Causes.describe(e), e);
    }
    System.out.println("Wrote %,d events to %s".formatted(events, output));
  }

  private Instant checked() {
    List<String> mistakes = Mistakes.ofParsingAndUnknown(spec);
    if (pipeline != null && !pipeline.equals("traffic")) {
      mistakes.add("'" + pipeline + "' has no made-up events: traffic has");
    }
    atLeastOne("--events", events, mistakes);
    atLeastOne("--users", users, mistakes);
    atLeastOne("--perSecond", perSecond, mistakes);
    Instant start = start(mistakes);
    if (start == null || !mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    return start;
  }

  private @Nullable Instant start(List<String> mistakes) {
    try {
      return OffsetDateTime.parse(startTime).toInstant();
    } catch (DateTimeException e) {
      mistakes.add("--startTime=" + startTime + " is no time like 2026-05-26T08:00:00Z");
      return null;
    }
  }

  private static void atLeastOne(String option, long value, List<String> mistakes) {
    if (value < 1) {
      mistakes.add(option + "=" + value + " is none: it is 1 or more");
    }
  }

  private OutputStream open() throws IOException {
    OutputStream file = new BufferedOutputStream(Files.newOutputStream(output));
    return output.toString().endsWith(".gz") ? new GZIPOutputStream(file) : file;
  }
}
