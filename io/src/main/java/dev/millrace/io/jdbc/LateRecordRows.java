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
 * by whatever run, a record is one row. One that was reconciled is open again when a later run
 * finds it late: that run may have written its windows without it.
 */
public final class LateRecordRows implements RowWriter<LateRecord> {
  private static final long serialVersionUID = 1L;

  private static final String INSERT =
      """
      insert into ops.late_records as l (pipeline, %s, event_time, watermark, run_id, pipeline_version)
      select distinct on (pipeline, system, topic, partition, record_offset, payload) pipeline, %s,
        timestamptz 'epoch' + event_millis * interval '1 millisecond',
        timestamptz 'epoch' + watermark_millis * interval '1 millisecond', ?, ?
      from unnest(?, %s, ?, ?) as late (pipeline, %s, event_millis, watermark_millis)
      order by pipeline, system, topic, partition, record_offset, payload
      on conflict (pipeline, source_system, source_topic, source_partition, source_offset,
        payload_md5) do update
      set state = 'open', run_id = excluded.run_id, watermark = excluded.watermark
      where l.run_id < excluded.run_id and l.state = 'reconciled'
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
