package dev.millrace.io.jdbc;

import dev.millrace.transforms.deadletter.LateRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Late records into {@code ops.late_records}, keyed by (pipeline, origin, content): written again,
 * by whatever run, a record is one row.
 */
public final class LateRecordRows implements RowWriter<LateRecord> {
  private static final long serialVersionUID = 1L;

  private static final String INSERT =
      """
      insert into ops.late_records (pipeline, %s, event_time, watermark, run_id, pipeline_version)
      select pipeline, %s,
        timestamptz 'epoch' + event_millis * interval '1 millisecond',
        timestamptz 'epoch' + watermark_millis * interval '1 millisecond', ?, ?
      from unnest(?, %s, ?, ?) as late (pipeline, %s, event_millis, watermark_millis)
      order by 1, 2, 3, 4, 5
      on conflict do nothing
      """
          .formatted(
              RecordColumns.COLUMNS,
              RecordColumns.VALUES,
              RecordColumns.ARRAYS,
              RecordColumns.NAMES);

  private final long run;
  private final String pipelineVersion;

  /**
   * Writes late records.
   *
   * @param run of {@link Runs}
   * @param pipelineVersion the release that found them late
   */
  public LateRecordRows(long run, String pipelineVersion) {
    this.run = run;
    this.pipelineVersion = pipelineVersion;
  }

  @Override
  public List<RequiredTable> tables() {
    List<String> key = new ArrayList<>(List.of("pipeline"));
    key.addAll(RecordColumns.KEY);
    return List.of(new RequiredTable("ops", "late_records", key));
  }

  @Override
  public Map<String, Long> write(Connection connection, List<LateRecord> records)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setLong(1, run);
      insert.setString(2, pipelineVersion);
      Columns<LateRecord> columns = new Columns<>(connection, insert, records, 3);
      columns.text(LateRecord::pipeline);
      RecordColumns.set(columns, LateRecord::record);
      columns.bigint(late -> RecordColumns.storable(late.eventTime()));
      columns.bigint(late -> RecordColumns.storable(late.watermark()));
      return Map.of("late_record_rows", (long) insert.executeUpdate());
    }
  }

  @Override
  public long bytes(LateRecord late) {
    return late.record().valueBytes();
  }
}
