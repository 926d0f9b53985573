package dev.millrace.io.jdbc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.transforms.record.Header;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The columns in which a table keeps records exactly as they were read. */
final class RecordColumns {
  /** In the order in which {@link #set} sets them. */
  static final String NAMES =
      "system, topic, partition, record_offset, key, payload, headers, loaded_millis";

  /** A place for each. */
  static final String ARRAYS = "?, ?, ?, ?, ?, ?, ?, ?";

  /** The table's columns. */
  static final String COLUMNS =
      "source_system, source_topic, source_partition, source_offset, key, payload, headers,"
          + " loaded_at";

  /** What goes into them. */
  static final String VALUES =
      "system, topic, partition, record_offset, key, payload, headers::json,"
          + " timestamptz 'epoch' + loaded_millis * interval '1 millisecond'";

  /** What tells two records apart: a file may be replaced, and a topic made anew. */
  static final List<String> KEY =
      List.of("source_system", "source_topic", "source_partition", "source_offset", "payload_md5");

  private static final long LAST_MILLIS = Instant.parse("9999-12-31T23:59:59Z").toEpochMilli();
  private static final JsonFactory JSON = new JsonFactory();

  private RecordColumns() {}

  /** Sets the next {@link #ARRAYS}. */
  static <T> void set(Columns<T> columns, Function<T, RawRecord> record) throws SQLException {
    columns.text(row -> record.apply(row).origin().system());
    columns.text(row -> storable(record.apply(row).origin().topic()));
    columns.integer(row -> record.apply(row).origin().partition());
    columns.bigint(row -> record.apply(row).origin().offset());
    columns.bytes(row -> record.apply(row).key());
    columns.bytes(row -> record.apply(row).value());
    columns.text(row -> headers(record.apply(row).headers()));
    columns.bigint(row -> storable(record.apply(row).loadedAt()));
  }

  /** The record of a row that begins with {@link #COLUMNS}. */
  static RawRecord read(ResultSet row) throws SQLException {
    return new RawRecord(
        row.getBytes(5),
        row.getBytes(6),
        headers(row.getString(7)),
        new Origin(row.getString(1), row.getString(2), row.getInt(3), row.getLong(4)),
        row.getObject(8, OffsetDateTime.class).toInstant());
  }

  private static List<Header> headers(String text) throws SQLException {
    List<Header> headers = new ArrayList<>();
    try (JsonParser json = JSON.createParser(text)) {
      String name = "";
      while (json.nextToken() != null) {
        if ("name".equals(json.currentName()) && json.nextToken() != null) {
          name = json.getText();
        } else if ("value".equals(json.currentName())) {
          boolean none = json.nextToken() == JsonToken.VALUE_NULL;
          headers.add(new Header(name, none ? null : json.getBinaryValue()));
        }
      }
    } catch (IOException e) {
      throw new SQLException("headers that aren't ours: " + e.getMessage(), e);
    }
    return headers;
  }

  /** PostgreSQL's text takes neither null characters nor halves of surrogate pairs. */
  static String storable(String text) {
    String utf8 = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    return utf8.replace('\0', '?');
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

  /**
   * Milliseconds since 1970 that a timestamptz holds: a time may be the very thing that is wrong,
   * and PostgreSQL's end in the year 294276.
   */
  static long storable(Instant time) {
    return Math.min(Math.max(time.toEpochMilli(), 0), LAST_MILLIS);
  }
}
