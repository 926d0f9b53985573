package dev.millrace.transforms.deadletter;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.FieldsCoder;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import java.time.Instant;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link LateRecord} as bytes. */
public final class LateRecordCoder extends FieldsCoder<LateRecord> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 2;
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final LateRecordCoder INSTANCE = new LateRecordCoder();

  private LateRecordCoder() {
    super("LateRecord", VERSION);
  }

  public static LateRecordCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(LateRecord.class), INSTANCE);
  }

  @Override
  protected void write(LateRecord late, FieldWriter out) throws IOException {
    RECORD.encode(late.record(), out);
    out.putText(late.pipeline());
    out.putLong(late.eventTime().toEpochMilli());
    out.putLong(late.watermark().toEpochMilli());
  }

  @Override
  protected LateRecord read(FieldReader in) throws IOException {
    return new LateRecord(
        RECORD.decode(in),
        in.getText(),
        Instant.ofEpochMilli(in.getLong()),
        Instant.ofEpochMilli(in.getLong()));
  }
}
