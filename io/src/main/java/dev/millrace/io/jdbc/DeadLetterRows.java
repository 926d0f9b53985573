package dev.millrace.io.jdbc;

import dev.millrace.transforms.deadletter.DeadLetter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Dead letters into {@code ops.dead_letters}, keyed by (pipeline, stage, origin, content): the
 * first letter of a failure stays, writing it again changes nothing. The content is part of the key
 * because a file may be replaced, and a topic made anew, with other records at the same offsets.
 */
public final class DeadLetterRows implements RowWriter<DeadLetter> {
  private static final long serialVersionUID = 1L;

  private static final String INSERT =
      """
      insert into %s.dead_letters (pipeline, stage, %s, error_class, message, attempt,
        pipeline_version)
      select pipeline, stage, %s, error_class, message, attempt, ?
      from unnest(?, ?, %s, ?, ?, ?) as letter (pipeline, stage, %s, error_class, message, attempt)
      order by 1, 2, 3, 4, 5, 6
      on conflict do nothing
      """
          .formatted(
              "%s",
              RecordColumns.COLUMNS,
              RecordColumns.VALUES,
              RecordColumns.ARRAYS,
              RecordColumns.NAMES);

  private final String pipelineVersion;
  private final TablePlace place;

  /**
   * Writes dead letters.
   *
   * @param pipelineVersion the release that gave the records up
   */
  public DeadLetterRows(String pipelineVersion) {
    this(pipelineVersion, TablePlace.LIVE);
  }

  /** The same, into the table of a place. */
  public DeadLetterRows(String pipelineVersion, TablePlace place) {
    this.pipelineVersion = pipelineVersion;
    this.place = place;
  }

  @Override
  public List<RequiredTable> tables() {
    List<String> key = new ArrayList<>(List.of("pipeline", "stage"));
    key.addAll(RecordColumns.KEY);
    return List.of(new RequiredTable(place.letters(), "dead_letters", key));
  }

  @Override
  public Map<String, Long> write(Connection connection, List<DeadLetter> letters)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(INSERT.formatted(place.letters()))) {
      insert.setString(1, pipelineVersion);
      Columns<DeadLetter> columns = new Columns<>(connection, insert, letters, 2);
      columns.text(DeadLetter::pipeline);
      columns.text(DeadLetter::stage);
      RecordColumns.set(columns, DeadLetter::record);
      columns.text(DeadLetter::errorClass);
      columns.text(letter -> RecordColumns.storable(letter.message()));
      columns.integer(DeadLetter::attempt);
      return Map.of("dead_letter_rows", (long) insert.executeUpdate());
    }
  }

  @Override
  public long bytes(DeadLetter letter) {
    return letter.record().valueBytes();
  }
}
