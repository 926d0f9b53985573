package dev.millrace.transforms.deadletter;

import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link LateRecord} as bytes: a version byte, then its fields, times in milliseconds. */
public final class LateRecordCoder extends AtomicCoder<LateRecord> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final LateRecordCoder INSTANCE = new LateRecordCoder();

  private LateRecordCoder() {}

  public static LateRecordCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(LateRecord.class), INSTANCE);
  }

  @Override
  public void encode(LateRecord late, OutputStream out) throws IOException {
    out.write(VERSION);
    RECORD.encode(late.record(), out);
    TEXT.encode(late.pipeline(), out);
    LONG.encode(late.eventTime().toEpochMilli(), out);
    LONG.encode(late.watermark().toEpochMilli(), out);
  }

  @Override
  public LateRecord decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException("LateRecord of version " + version + ", written by a newer release");
    }
    return new LateRecord(
        RECORD.decode(in),
        TEXT.decode(in),
        Instant.ofEpochMilli(LONG.decode(in)),
        Instant.ofEpochMilli(LONG.decode(in)));
  }
}
