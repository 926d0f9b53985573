package dev.millrace.runners.cli;

import dev.millrace.runners.feed.Events;
import dev.millrace.runners.feed.Faults;
import dev.millrace.runners.feed.Feed;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends files to a topic. */
@Command(
    name = "feed",
    description = "Send files of JSON lines to a topic, with faults that a seed reproduces.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class FeedCommand implements Runnable, TellsAllMistakes {

  @Parameters(paramLabel = "PIPELINE", description = "Whose records they are: orders, traffic.")
  private @Nullable String pipeline;

  @Option(
      names = "--input",
      paramLabel = "GLOB",
      required = true,
      description = "The files, plain or .gz, in the order of their names. Quote it.")
  private @Nullable String input;

  @Option(
      names = "--topic",
      required = true,
      description = "The topic; made if it isn't there, with records that never expire.")
  private String topic;

  @Option(
      names = "--bootstrapServers",
      paramLabel = "HOST:PORT",
      description = "The brokers. Default: $MILLRACE_BOOTSTRAP_SERVERS, or the local stack's.")
  private @Nullable String bootstrapServers;

  @Option(names = "--partitions", description = "Of a topic that is made.")
  private int partitions = 4;

  @Option(
      names = "--rate",
      paramLabel = "N/s",
      converter = RateConverter.class,
      defaultValue = "0/s",
      description = "Records per second; 0: as fast as it goes.")
  private int rate;

  @Option(
      names = "--timestamp",
      paramLabel = "event|now",
      description = "The records' Kafka timestamp: their event time, or now.")
  private String timestamp = "event";

  @Mixin private FaultOptions faults;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    List<String> mistakes = Mistakes.ofParsingAndUnknown(spec);
    Optional<Events> events = Events.of(String.valueOf(pipeline));
    if (pipeline != null && events.isEmpty()) {
      mistakes.add(
          "'"
              + pipeline
              + "' is no pipeline: it is one of "
              + String.join(", ", Events.pipelines()));
    }
    if (!timestamp.equals("event") && !timestamp.equals("now")) {
      mistakes.add("--timestamp=" + timestamp + " is none: it is event or now");
    }
    if (partitions < 1) {
      mistakes.add("--partitions=" + partitions + " is none: it is 1 or more");
    }
    String servers = new Addresses().bootstrapServers(bootstrapServers, mistakes);
    List<MatchResult.Metadata> files = input == null ? List.of() : files(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    Feed feed =
        new Feed(
            events.orElseThrow(),
            servers,
            topic,
            partitions,
            rate,
            timestamp.equals("event"),
            faults.faults());
    boolean made = feed.createTopic();
    System.out.println(
        "Topic "
            + topic
            + " at "
            + servers
            + Addresses.note(servers)
            + (made ? ", made with " + partitions + " partitions" : ", which was there"));
    System.out.println(summary(send(feed, files)));
  }

  /** Sends with a progress bar on standard error. */
  static Feed.Sent send(Feed feed, List<MatchResult.Metadata> files) {
    long bytes = files.stream().mapToLong(MatchResult.Metadata::sizeBytes).sum();
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("feeding")
            .setInitialMax(bytes)
            .setUnit(" KiB", 1024)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis((int) Duration.ofSeconds(1).toMillis())
            .build()) {
      return feed.send(files, bar::stepTo);
    } catch (IOException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  static String summary(Feed.Sent sent) {
    return "Sent %,d records: %,d in time, %,d late, %,d duplicates, %,d malformed%s."
        .formatted(
            sent.total(),
            sent.originals(),
            sent.late(),
            sent.duplicates(),
            sent.malformed(),
            sent.conflicting() == 0 ? "" : ", %,d conflicting".formatted(sent.conflicting()));
  }

  private List<MatchResult.Metadata> files(List<String> mistakes) {
    try {
      return Feed.files(input);
    } catch (FileNotFoundException e) {
      mistakes.add("--input=" + input + " matches no file");
    } catch (IOException | RuntimeException e) {
      mistakes.add("--input=" + input + " can't be read: " + Causes.describe(e));
    }
    return List.of();
  }

  /** The options that break things. */
  static final class FaultOptions {
    @Option(
        names = "--duplicates",
        paramLabel = "P%",
        converter = ShareConverter.class,
        defaultValue = "0%",
        description = "How many records are sent twice.")
    private double duplicates;

    @Option(
        names = "--disorder",
        paramLabel = "DURATION",
        converter = DurationConverter.class,
        defaultValue = "0s",
        description = "How far records are shuffled, in event time.")
    private Duration disorder = Duration.ZERO;

    @Option(
        names = "--late",
        paramLabel = "P%",
        converter = ShareConverter.class,
        defaultValue = "0%",
        description = "How many records come late.")
    private double late;

    @Option(
        names = "--lateBy",
        paramLabel = "DURATION",
        converter = DurationConverter.class,
        defaultValue = "30m",
        description = "How late they are at least, in event time; at most four times that.")
    private Duration lateBy = Faults.LATE_BY;

    @Option(
        names = "--malformed",
        paramLabel = "P%",
        converter = ShareConverter.class,
        defaultValue = "0%",
        description = "Of how many records a broken copy is sent as well.")
    private double malformed;

    @Option(
        names = "--conflicting",
        paramLabel = "P%",
        converter = ShareConverter.class,
        defaultValue = "0%",
        description =
            "Of how many records a copy with the same id and another amount is sent as well.")
    private double conflicting;

    @Option(names = "--seed", description = "The same seed, the same faults.")
    private long seed = 1;

    Faults faults() {
      return new Faults(duplicates, disorder, late, lateBy, malformed, conflicting, seed);
    }
  }
}
