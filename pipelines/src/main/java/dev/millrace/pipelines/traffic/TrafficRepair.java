package dev.millrace.pipelines.traffic;

import dev.millrace.io.jdbc.DailyTable;
import dev.millrace.io.jdbc.Repairable;
import dev.millrace.io.jdbc.Run;
import dev.millrace.io.jdbc.TablePlace;
import java.time.ZoneOffset;
import java.util.List;

/**
 * Days of windows. A window belongs to the day in which it starts. What takes a window's place has
 * the number of the run that made it, so later panes of an earlier run don't change it any more.
 */
public final class TrafficRepair implements Repairable {
  private static final List<String> BOOKKEEPING =
      List.of("pane", "timing", "_run", "_attempt", "_merged_at");

  @Override
  public List<DailyTable> tables() {
    return List.of(
        windows(Output.FIVE_MINUTES),
        windows(Output.SLIDING),
        new DailyTable(
            "gold",
            Output.SESSIONS.table(),
            List.of("user_id", "session_start"),
            "session_start",
            BOOKKEEPING));
  }

  /** A session that goes on for longer than a run reads is not the run's to replace. */
  @Override
  public String liveRows(DailyTable table, Run run) {
    String rows = table.rows(TablePlace.LIVE, run.range());
    return table.name().equals(Output.SESSIONS.table()) && run.day() != null
        ? "(select * from %s y where session_end <= timestamptz '%s')"
            .formatted(rows, run.range().end().plus(TrafficPipeline.REACH).atOffset(ZoneOffset.UTC))
        : rows;
  }

  private static DailyTable windows(Output output) {
    return new DailyTable(
        "gold", output.table(), List.of("region", "window_start"), "window_start", BOOKKEEPING);
  }
}
