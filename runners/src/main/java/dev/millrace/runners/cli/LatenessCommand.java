package dev.millrace.runners.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.LatenessSample;
import dev.millrace.transforms.time.EventTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures how late the records of a topic are, and says what watermark that asks for. */
@Command(
    name = "lateness",
    description =
        "Sample a topic: how far do events come behind the newest of their partition, "
            + "and what --outOfOrderness covers how many of them?",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class LatenessCommand implements Runnable, TellsAllMistakes {
  private static final double[] SHARES = {0.90, 0.99, 0.999};
  private static final int BAR_WIDTH = 40;

  @Option(names = "--topic", required = true, description = "The topic.")
  private String topic;

  @Option(
      names = "--bootstrapServers",
      paramLabel = "HOST:PORT",
      description = "The brokers. Default: $MILLRACE_BOOTSTRAP_SERVERS, or the local stack's.")
  private @Nullable String bootstrapServers;

  @Option(names = "--records", description = "How many records to look at, the newest.")
  private long records = 1_000_000;

  @Option(
      names = "--eventTime",
      paramLabel = "FIELD|record",
      description = "What dates a record: a field of its JSON, or the record's own timestamp.")
  private String eventTime = "event_time";

  @Option(
      names = "--kafkaProperties",
      paramLabel = "FILE",
      description = "Further consumer properties, for example TLS and SASL; never printed.")
  private @Nullable Path kafkaProperties;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    List<String> mistakes = Mistakes.ofParsingAndUnknown(spec);
    String servers = new Addresses().bootstrapServers(bootstrapServers, mistakes);
    Map<String, String> properties = TopicOptions.properties(kafkaProperties, mistakes);
    if (records < 1) {
      mistakes.add("--records=" + records + " is none: it is 1 or more");
    }
    if (eventTime.isBlank()) {
      mistakes.add("--eventTime is blank: it is the name of a field, or record");
    }
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    EventTime rule =
        eventTime.equals("record") ? EventTime.ofRecord() : EventTime.ofField(eventTime);
    LatenessSample sample =
        sample(new KafkaTopic(servers, topic, "millrace-lateness", properties), rule);
    if (sample.dated() == 0) {
      throw new FailedException(
          List.of(
              sample.undated() == 0
                  ? "topic '" + topic + "' is empty: there is nothing to measure"
                  : "none of the %,d records has a usable %s"
                      .formatted(sample.undated(), eventTime)));
    }
    print(sample);
  }

  private LatenessSample sample(KafkaTopic kafka, EventTime rule) {
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("sampling")
            .setInitialMax(records)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(1_000)
            .build()) {
      return LatenessSample.of(kafka, rule, records, bar::maxHint, bar::stepTo);
    }
  }

  private void print(LatenessSample sample) {
    System.out.println(
        "%,d records with an event time from %d partitions, %,d of them behind a newer one; %,d without a usable one"
            .formatted(sample.dated(), sample.partitions(), sample.behind(), sample.undated()));
    System.out.println();
    System.out.println("How far behind the newest event of their partition:");
    printHistogram(sample);
    System.out.println();
    System.out.println(recommendations(sample));
    Duration recommended = LatenessSample.roundedUp(sample.covering(0.99));
    System.out.println();
    System.out.println(
        "Recommended: --outOfOrderness="
            + text(recommended)
            + ", which covers %.2f%% of the records; windows fire that much later."
                .formatted(100 * sample.share(recommended)));
    System.out.println(
        "For the rest, an --allowedLateness of "
            + text(LatenessSample.roundedUp(sample.max()))
            + " or more corrects every window (the latest was "
            + about(sample.max())
            + " behind).");
  }

  private static void printHistogram(LatenessSample sample) {
    List<LatenessSample.Bucket> buckets = sample.buckets();
    long most = buckets.stream().mapToLong(LatenessSample.Bucket::count).max().orElse(1);
    for (LatenessSample.Bucket each : buckets) {
      int width = (int) Math.ceil((double) BAR_WIDTH * each.count() / most);
      System.out.printf(
          "  %10s %-" + BAR_WIDTH + "s %,d%n", each.label(), "#".repeat(width), each.count());
    }
  }

  private static String recommendations(LatenessSample sample) {
    List<Object[]> rows = new ArrayList<>();
    for (double share : SHARES) {
      Duration exact = sample.covering(share);
      Duration rounded = LatenessSample.roundedUp(exact);
      rows.add(
          new Object[] {
            "%.1f%%".formatted(100 * share),
            about(exact),
            "--outOfOrderness=" + text(rounded),
            text(rounded),
            "%,d (%.3f%%)".formatted(sample.later(rounded), 100 * (1 - sample.share(rounded)))
          });
    }
    return AsciiTable.getTable(
        AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
        new Column[] {
          column("to cover", HorizontalAlign.RIGHT),
          column("behind by up to", HorizontalAlign.RIGHT),
          column("option", HorizontalAlign.LEFT),
          column("delay of results", HorizontalAlign.RIGHT),
          column("late records", HorizontalAlign.RIGHT)
        },
        rows.toArray(new Object[0][]));
  }

  private static Column column(String header, HorizontalAlign align) {
    return new Column().header(header).dataAlign(align);
  }

  /** For a person. */
  private static String about(Duration duration) {
    double seconds = duration.toMillis() / 1_000.0;
    return seconds < 120 ? "%.1f s".formatted(seconds) : "%.1f min".formatted(seconds / 60);
  }

  /** As the options take it. */
  static String text(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1_000 != 0) {
      return millis + "ms";
    }
    if (millis % 60_000 != 0) {
      return millis / 1_000 + "s";
    }
    return millis % 3_600_000 == 0 && millis > 0 ? millis / 3_600_000 + "h" : millis / 60_000 + "m";
  }
}
