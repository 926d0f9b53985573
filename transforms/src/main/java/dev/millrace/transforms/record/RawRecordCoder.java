package dev.millrace.transforms.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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

/**
 * {@link RawRecord} as bytes: a version byte, then its fields. A new version keeps the decoder of
 * every older one, because checkpoints outlive releases.
 */
public final class RawRecordCoder extends AtomicCoder<RawRecord> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
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
    out.write(VERSION);
    BYTES.encode(record.key(), out);
    BYTES.encode(record.value(), out);
    INT.encode(record.headers().size(), out);
    for (Header header : record.headers()) {
      TEXT.encode(header.name(), out);
      BYTES.encode(header.value(), out);
    }
    Origin origin = record.origin();
    TEXT.encode(origin.system(), out);
    TEXT.encode(origin.topic(), out);
    INT.encode(origin.partition(), out);
    LONG.encode(origin.offset(), out);
    LONG.encode(record.loadedAt().toEpochMilli(), out);
  }

  @Override
  public RawRecord decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException("RawRecord of version " + version + ", written by a newer release");
    }
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
