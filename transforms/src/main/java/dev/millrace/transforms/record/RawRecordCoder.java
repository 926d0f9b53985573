package dev.millrace.transforms.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.NullableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * {@link RawRecord} as bytes: a version byte, then its fields as an array. A new version keeps the
 * decoder of every older one, because checkpoints outlive releases.
 */
public final class RawRecordCoder extends AtomicCoder<RawRecord> {
  private static final long serialVersionUID = 1L;

  private static final int FIRST_VERSION = 1;
  private static final int VERSION = 2;
  private static final int NULL = -1;

  /** Bytes of the numbers, and how many arrays follow them if there are no headers. */
  private static final int NUMBERS = Integer.BYTES + 2 * Long.BYTES;

  private static final int ARRAYS = 4;
  private static final ByteArrayCoder FIELDS = ByteArrayCoder.of();
  private static final Coder<byte[]> BYTES = NullableCoder.of(ByteArrayCoder.of());
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final VarIntCoder INT = VarIntCoder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final RawRecordCoder INSTANCE = new RawRecordCoder();

  private RawRecordCoder() {}

  public static RawRecordCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(RawRecord.class), INSTANCE);
  }

  @Override
  public void encode(RawRecord record, OutputStream out) throws IOException {
    byte[] encoded = record.encoded();
    out.write(VERSION);
    FIELDS.encode(encoded == null ? encodeFields(record) : encoded, out);
  }

  @Override
  public RawRecord decode(InputStream in) throws IOException {
    int version = in.read();
    if (version == VERSION) {
      return new RawRecord(FIELDS.decode(in));
    }
    if (version == FIRST_VERSION) {
      return decodeFirstVersion(in);
    }
    throw new CoderException("RawRecord of version " + version + ", written by a newer release");
  }

  /** Into an array of its own, and not through the deep streams of a runner. */
  private static byte[] encodeFields(RawRecord record) {
    Origin origin = record.origin();
    List<byte[]> arrays = new ArrayList<>(ARRAYS + 2 * record.headers().size());
    arrays.add(record.key());
    arrays.add(record.value());
    arrays.add(origin.system().getBytes(StandardCharsets.UTF_8));
    arrays.add(origin.topic().getBytes(StandardCharsets.UTF_8));
    for (Header header : record.headers()) {
      arrays.add(header.name().getBytes(StandardCharsets.UTF_8));
      arrays.add(header.value());
    }
    int size = NUMBERS;
    for (byte[] each : arrays) {
      size += size(each);
    }
    ByteBuffer fields = ByteBuffer.allocate(size);
    fields.putInt(origin.partition()).putLong(origin.offset());
    fields.putLong(record.loadedAt().toEpochMilli());
    for (byte[] each : arrays) {
      put(each, fields);
    }
    return fields.array();
  }

  /** What {@link #encode} has written behind the version. */
  static RawRecord.Fields decodeFields(byte[] encoded) {
    ByteBuffer fields = ByteBuffer.wrap(encoded);
    int partition = fields.getInt();
    long offset = fields.getLong();
    Instant loadedAt = Instant.ofEpochMilli(fields.getLong());
    byte[] key = bytes(fields);
    byte[] value = bytes(fields);
    Origin origin = new Origin(text(fields), text(fields), partition, offset);
    List<Header> headers = new ArrayList<>();
    while (fields.hasRemaining()) {
      headers.add(new Header(text(fields), bytes(fields)));
    }
    return new RawRecord.Fields(key, value, headers, origin, loadedAt);
  }

  private static int size(byte @Nullable [] bytes) {
    return Integer.BYTES + (bytes == null ? 0 : bytes.length);
  }

  private static void put(byte @Nullable [] bytes, ByteBuffer fields) {
    if (bytes == null) {
      fields.putInt(NULL);
    } else {
      fields.putInt(bytes.length).put(bytes);
    }
  }

  private static byte @Nullable [] bytes(ByteBuffer fields) {
    int length = fields.getInt();
    if (length == NULL) {
      return null;
    }
    byte[] bytes = new byte[length];
    fields.get(bytes);
    return bytes;
  }

  private static String text(ByteBuffer fields) {
    return new String(bytes(fields), StandardCharsets.UTF_8);
  }

  private static RawRecord decodeFirstVersion(InputStream in) throws IOException {
    byte[] key = BYTES.decode(in);
    byte[] value = BYTES.decode(in);
    int count = INT.decode(in);
    List<Header> headers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      headers.add(new Header(TEXT.decode(in), BYTES.decode(in)));
    }
    Origin origin = new Origin(TEXT.decode(in), TEXT.decode(in), INT.decode(in), LONG.decode(in));
    return new RawRecord(key, value, headers, origin, Instant.ofEpochMilli(LONG.decode(in)));
  }
}
