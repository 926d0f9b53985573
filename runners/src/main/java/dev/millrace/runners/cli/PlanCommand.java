package dev.millrace.runners.cli;

import dev.millrace.io.archive.ArchiveRecords;
import dev.millrace.io.jdbc.DailyTable;
import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.runners.repair.PastSource;
import dev.millrace.runners.repair.RepairedPipeline;
import dev.millrace.runners.repair.ReplayPlan;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.beam.sdk.transforms.PTransform;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells what a backfill would take. */
@Command(
    name = "plan",
    description =
        "What a backfill of some days would take: which source has them, how long it lasts by the rates "
            + "of earlier runs, how much disk. Or, with --volume and --replay-rate, what a replay would last, "
            + "and with --live-rate and --retention, what a log must hold.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer>, TellsAllMistakes {
  private static final int MAX_DAYS = 3_660;

  private static final String RATE =
      """
      select percentile_cont(0.5) within group (
          order by records_read / extract(epoch from ended_at - started_at))
      from (
        select * from ops.runs
        where pipeline = ? and kind in ('backfill', 'backfill-direct') and records_read > 0
          and ended_at > started_at and state in ('done', 'swapped', 'discarded')
        order by run desc limit 20) last
      """;

  private static final String ROW_BYTES =
      "select pg_total_relation_size('%1$s')::float8 / greatest(1, (select count(*) from %1$s))";

  @Parameters(paramLabel = "PIPELINE", arity = "0..1", description = "orders or traffic.")
  private @Nullable String pipeline;

  @Option(
      names = "--from",
      paramLabel = "DAY",
      converter = DayConverter.class,
      description = "The first day, like 2026-05-04.")
  private @Nullable LocalDate from;

  @Option(
      names = "--to",
      paramLabel = "DAY",
      converter = DayConverter.class,
      description = "The last day. Default: the first.")
  private @Nullable LocalDate to;

  @Option(names = "--max-active", paramLabel = "N", description = "How many days run at once.")
  private int maxActive = 2;

  @Option(
      names = "--rate",
      paramLabel = "N/s",
      converter = RateConverter.class,
      description = "Records a second of one run. Default: the median of the last backfills.")
  private @Nullable Integer rate;

  @Option(
      names = "--volume",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "What a replay would read, like 10TB.")
  private @Nullable Double volume;

  @Option(
      names = "--replay-rate",
      paramLabel = "SIZE/s",
      converter = SizeConverter.class,
      description = "How fast it reads, like 500MB/s.")
  private @Nullable Double replayRate;

  @Option(
      names = "--live-rate",
      paramLabel = "SIZE/s",
      converter = SizeConverter.class,
      description = "What a log receives, like 50MB/s.")
  private @Nullable Double liveRate;

  @Option(
      names = "--retention",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "How long it keeps that, like 14d.")
  private @Nullable Duration retention;

  @Mixin private RepairSourceOptions source;
  @Mixin private AdmissionOptions admission;
  @Mixin private DatabaseOptions database;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<String> mistakes = new ArrayList<>(Mistakes.ofParsingAndUnknown(spec));
    boolean sums = volume != null || replayRate != null || liveRate != null || retention != null;
    if ((volume == null) != (replayRate == null)) {
      mistakes.add("--volume and --replay-rate go together");
    }
    if ((liveRate == null) != (retention == null)) {
      mistakes.add("--live-rate and --retention go together");
    }
    if (replayRate != null && replayRate == 0) {
      mistakes.add("--replay-rate is none: it is more than 0");
    }
    if (pipeline == null && !sums) {
      mistakes.add(
          "which pipeline? One of: " + String.join(", ", RepairedPipeline.names().toList()));
    }
    if (pipeline == null) {
      if (!mistakes.isEmpty()) {
        throw new UsageException(mistakes);
      }
      tellSums();
      return 0;
    }
    RepairedPipeline repaired = Repairs.pipeline(pipeline, mistakes);
    List<LocalDate> days = Repairs.days(from, to, MAX_DAYS, mistakes);
    EventTime eventTime = source.eventTime(mistakes);
    PastSource past = null;
    if (repaired != null) {
      AdmissionRule rule = admission.rule(repaired.admission(), false, false, mistakes);
      past = source.source(repaired, rule, eventTime, mistakes);
    }
    if (maxActive < 1) {
      mistakes.add("--max-active=" + maxActive + " is none: it is 1 or more");
    }
    Database target = database.database(mistakes);
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
    Databases.check(target, repaired.required());
    tellSums();
    try (Connection connection = target.connect()) {
      tellDays(connection, repaired, past, days);
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
    return 0;
  }

  private void tellSums() {
    if (volume != null) {
      Duration time = ReplayPlan.time(volume, replayRate);
      System.out.println(
          "Reading %s at %s/s takes %,d s (%s)"
              .formatted(
                  SizeConverter.text(volume),
                  SizeConverter.text(replayRate),
                  time.toSeconds(),
                  text(time)));
    }
    if (liveRate != null) {
      System.out.println(
          "A log that receives %s/s and keeps it for %s holds %s"
              .formatted(
                  SizeConverter.text(liveRate),
                  text(retention),
                  SizeConverter.text(ReplayPlan.retained(liveRate, retention))));
    }
  }

  private void tellDays(
      Connection connection, RepairedPipeline repaired, PastSource past, List<LocalDate> days)
      throws SQLException {
    long records = 0;
    for (LocalDate day : days) {
      TimeRange range = TimeRange.of(day);
      PTransform<?, ?> opened = past.open(range);
      if (opened instanceof KafkaRecords.Range log) {
        records += log.offsets();
      } else if (opened instanceof ArchiveRecords.Read archive) {
        records += archive.records();
      }
      String lacks = past.lacks(range);
      if (lacks != null) {
        System.out.println("Not all of " + day + " is there yet: " + lacks);
      }
    }
    System.out.println("Days:    %,d, %,d records to read".formatted(days.size(), records));
    Double perSecond = rate == null ? measured(connection, repaired) : Double.valueOf(rate);
    if (perSecond == null) {
      System.out.println("Time:    no backfill was measured yet: give --rate=N/s, or try a day");
    } else {
      Duration time =
          ReplayPlan.time((double) records, perSecond * Math.min(maxActive, days.size()));
      System.out.println(
          "Time:    %s, at %,.0f records/s for each of %d at once"
              .formatted(text(time), perSecond, Math.min(maxActive, days.size())));
    }
    double bytes = 0;
    for (DailyTable table : repaired.tables().tables()) {
      bytes +=
          rows(connection, table, days) * number(connection, ROW_BYTES.formatted(table.live()));
    }
    System.out.println(
        "Disk:    %s for the tables beside the live ones, by what those have of the days"
            .formatted(SizeConverter.text(bytes)));
  }

  private static double rows(Connection connection, DailyTable table, List<LocalDate> days)
      throws SQLException {
    TimeRange range =
        new TimeRange(
            TimeRange.of(days.get(0)).from(), TimeRange.of(days.get(days.size() - 1)).to());
    return number(
        connection,
        "select count(*)::float8 from %s x".formatted(table.rows(TablePlace.LIVE, range)));
  }

  private static @Nullable Double measured(Connection connection, RepairedPipeline repaired)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(RATE)) {
      query.setString(1, repaired.name());
      try (ResultSet row = query.executeQuery()) {
        row.next();
        double median = row.getDouble(1);
        return row.wasNull() ? null : median;
      }
    }
  }

  private static double number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getDouble(1);
    }
  }

  private static String text(Duration time) {
    if (time.toDays() >= 2) {
      return "%.1f days".formatted(time.toSeconds() / 86_400.0);
    }
    if (time.toHours() >= 2) {
      return "%.1f hours".formatted(time.toSeconds() / 3_600.0);
    }
    return time.toMinutes() >= 2
        ? "%.1f minutes".formatted(time.toSeconds() / 60.0)
        : time.toSeconds() + " s";
  }
}
