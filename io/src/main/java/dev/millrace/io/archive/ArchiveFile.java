package dev.millrace.io.archive;

import dev.millrace.transforms.record.Header;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Records of a partition in an Avro file, packed with zstd: the bytes of key, value and headers,
 * the offset, and the timestamp in milliseconds. Any tool that reads Avro reads it.
 */
final class ArchiveFile {
  private static final int ZSTD_LEVEL = 3;
  private static final String SYSTEM = "kafka";

  private static final Schema SCHEMA =
      SchemaBuilder.record("RawRecord")
          .namespace("dev.millrace")
          .doc("A record of a Kafka topic, exactly as it was delivered")
          .fields()
          .requiredString("topic")
          .requiredInt("partition")
          .requiredLong("offset")
          .requiredLong("timestamp")
          .optionalBytes("key")
          .optionalBytes("value")
          .name("headers")
          .type()
          .array()
          .items()
          .record("Header")
          .fields()
          .requiredString("name")
          .optionalBytes("value")
          .endRecord()
          .noDefault()
          .endRecord();

  private static final Schema HEADER = SCHEMA.getField("headers").schema().getElementType();

  private ArchiveFile() {}

  /** Writes records; the stream stays open. */
  static void write(Collection<RawRecord> records, OutputStream out) throws IOException {
    try (DataFileWriter<GenericRecord> file =
        new DataFileWriter<>(new GenericDatumWriter<>(SCHEMA))) {
      // Equal records are equal bytes: Avro would make up a marker for each file.
      file.setCodec(CodecFactory.zstandardCodec(ZSTD_LEVEL));
      file.create(SCHEMA, out, new byte[16]);
      for (RawRecord record : records) {
        file.append(toAvro(record));
      }
      file.flush();
    }
  }

  private static GenericRecord toAvro(RawRecord record) {
    GenericRecord avro = new GenericData.Record(SCHEMA);
    avro.put("topic", record.origin().topic());
    avro.put("partition", record.origin().partition());
    avro.put("offset", record.origin().offset());
    avro.put("timestamp", record.loadedAt().toEpochMilli());
    avro.put("key", wrapped(record.key()));
    avro.put("value", wrapped(record.value()));
    List<GenericRecord> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      GenericRecord each = new GenericData.Record(HEADER);
      each.put("name", header.name());
      each.put("value", wrapped(header.value()));
      headers.add(each);
    }
    avro.put("headers", headers);
    return avro;
  }

  /** Reads all records, in the order in which they were written. */
  static void read(InputStream in, Consumer<RawRecord> each) throws IOException {
    try (DataFileStream<GenericRecord> file =
        new DataFileStream<>(new BufferedInputStream(in), new GenericDatumReader<>(SCHEMA))) {
      for (GenericRecord record : file) {
        each.accept(fromAvro(record));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e); // Avro's own, for damaged blocks.
    }
  }

  private static RawRecord fromAvro(GenericRecord avro) {
    List<Header> headers = new ArrayList<>();
    for (Object each : (Collection<?>) avro.get("headers")) {
      GenericRecord header = (GenericRecord) each;
      headers.add(new Header(header.get("name").toString(), bytes(header.get("value"))));
    }
    return new RawRecord(
        bytes(avro.get("key")),
        bytes(avro.get("value")),
        headers,
        new Origin(
            SYSTEM,
            avro.get("topic").toString(),
            (Integer) avro.get("partition"),
            (Long) avro.get("offset")),
        Instant.ofEpochMilli((Long) avro.get("timestamp")));
  }

  private static @Nullable ByteBuffer wrapped(byte @Nullable [] bytes) {
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  private static byte @Nullable [] bytes(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    ByteBuffer buffer = (ByteBuffer) value;
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
