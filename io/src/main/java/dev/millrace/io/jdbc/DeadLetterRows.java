package dev.millrace.io.jdbc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.record.Header;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Dead letters into {@code ops.dead_letters}, keyed by (pipeline, stage, origin, content): the
 * first letter of a failure stays, writing it again changes nothing. The content is part of the key
 * because a file may be replaced, and a topic made anew, with other records at the same offsets.
 */
public final class DeadLetterRows implements RowWriter<DeadLetter> {
  private static final long serialVersionUID = 1L;

  private static final long LAST_MILLIS = Instant.parse("9999-12-31T23:59:59Z").toEpochMilli();
  private static final JsonFactory JSON = new JsonFactory();
  private static final String INSERT =
      """
      insert into ops.dead_letters (pipeline, stage, source_system, source_topic,
        source_partition, source_offset, key, payload, headers, loaded_at, error_class, message,
        attempt, pipeline_version)
      select pipeline, stage, system, topic, partition, record_offset, key, payload, headers::json,
        timestamptz 'epoch' + loaded_millis * interval '1 millisecond', error_class, message,
        attempt, ?
      from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as letter (pipeline, stage, system, topic,
        partition, record_offset, key, payload, headers, loaded_millis, error_class, message,
        attempt)
      order by 1, 2, 3, 4, 5, 6
      on conflict do nothing
      """;

  private final String pipelineVersion;

  /**
   * Writes dead letters.
   *
   * @param pipelineVersion the release that gave the records up
   */
  public DeadLetterRows(String pipelineVersion) {
    this.pipelineVersion = pipelineVersion;
  }

  @Override
  public List<RequiredTable> tables() {
    return List.of(
        new RequiredTable(
            "ops",
            "dead_letters",
            List.of(
                "pipeline",
                "stage",
                "source_system",
                "source_topic",
                "source_partition",
                "source_offset",
                "payload_md5")));
  }

  @Override
  public Map<String, Long> write(Connection connection, List<DeadLetter> letters)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, pipelineVersion);
      Columns<DeadLetter> columns = new Columns<>(connection, insert, letters, 2);
      columns.text(DeadLetter::pipeline);
      columns.text(DeadLetter::stage);
      columns.text(letter -> letter.record().origin().system());
      columns.text(letter -> storable(letter.record().origin().topic()));
      columns.integer(letter -> letter.record().origin().partition());
      columns.bigint(letter -> letter.record().origin().offset());
      columns.bytes(letter -> letter.record().key());
      columns.bytes(letter -> letter.record().value());
      columns.text(letter -> headers(letter.record().headers()));
      columns.bigint(letter -> storable(letter.record().loadedAt()));
      columns.text(DeadLetter::errorClass);
      columns.text(letter -> storable(letter.message()));
      columns.integer(DeadLetter::attempt);
      return Map.of("dead_letter_rows", (long) insert.executeUpdate());
    }
  }

  @Override
  public long bytes(DeadLetter letter) {
    return letter.record().valueBytes();
  }

  /** Names in order, values in base64: they are bytes. */
  private static String headers(List<Header> headers) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartArray();
      for (Header header : headers) {
        json.writeStartObject();
        json.writeStringField("name", header.name());
        if (header.value() == null) {
          json.writeNullField("value");
        } else {
          json.writeBinaryField("value", header.value());
        }
        json.writeEndObject();
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Writing to a string doesn't fail.
    }
    return storable(text.toString());
  }

  /** A timestamp may be the very thing that is wrong; PostgreSQL's end in the year 294276. */
  private static long storable(Instant time) {
    return Math.min(Math.max(time.toEpochMilli(), 0), LAST_MILLIS);
  }

  /** PostgreSQL's text takes neither null characters nor halves of surrogate pairs. */
  private static String storable(String text) {
    String utf8 = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    return utf8.replace('\0', '?');
  }
}
