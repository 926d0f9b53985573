package dev.millrace.transforms.record;

import java.io.EOFException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link RawRecord} as bytes. A decoded one keeps them, and is encoded by copying them. */
public final class RawRecordCoder extends FieldsCoder<RawRecord> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 3;
  private static final RawRecordCoder INSTANCE = new RawRecordCoder();

  private RawRecordCoder() {
    super("RawRecord", VERSION);
  }

  public static RawRecordCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(RawRecord.class), INSTANCE);
  }

  @Override
  protected void write(RawRecord record, FieldWriter out) {
    if (record.isEncoded()) {
      record.copyTo(out);
      return;
    }
    Origin origin = record.origin();
    out.putInt(origin.partition());
    out.putLong(origin.offset());
    out.putLong(record.loadedAt().toEpochMilli());
    out.putText(origin.system());
    out.putRepeatedText(origin.topic());
    out.putBytes(record.key());
    out.putBytes(record.value());
    for (Header header : record.headers()) {
      out.putText(header.name());
      out.putBytes(header.value());
    }
  }

  @Override
  protected RawRecord read(FieldReader in) {
    return new RawRecord(in.array(), in.next(), in.end());
  }

  /** The fields of a record that was decoded. */
  static RawRecord.Fields fields(byte[] encoded, int from, int to) {
    FieldReader in = new FieldReader(encoded, from, to);
    try {
      int partition = in.getInt();
      long offset = in.getLong();
      Instant loadedAt = Instant.ofEpochMilli(in.getLong());
      Origin origin = new Origin(in.getText(), in.getText(), partition, offset);
      byte[] key = in.getBytes();
      byte[] value = in.getBytes();
      List<Header> headers = new ArrayList<>();
      while (in.hasMore()) {
        headers.add(new Header(in.getText(), in.getBytes()));
      }
      return new RawRecord.Fields(key, value, headers, origin, loadedAt);
    } catch (EOFException e) {
      throw new UncheckedIOException("the bytes of a record are damaged", e);
    }
  }
}
