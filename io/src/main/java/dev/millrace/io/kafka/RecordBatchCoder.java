package dev.millrace.io.kafka;

import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;

/** {@link RecordBatch} as bytes: a version byte, then its records with their times. */
final class RecordBatchCoder extends AtomicCoder<RecordBatch> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final VarIntCoder INT = VarIntCoder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final RecordBatchCoder INSTANCE = new RecordBatchCoder();

  private RecordBatchCoder() {}

  static RecordBatchCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(RecordBatch batch, OutputStream out) throws IOException {
    out.write(VERSION);
    INT.encode(batch.records().size(), out);
    for (int i = 0; i < batch.records().size(); i++) {
      LONG.encode(batch.eventMillis()[i], out);
      RECORD.encode(batch.records().get(i), out);
    }
  }

  @Override
  public RecordBatch decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException(
          "RecordBatch of version " + version + ", written by a newer release");
    }
    int size = INT.decode(in);
    List<RawRecord> records = new ArrayList<>(size);
    long[] eventMillis = new long[size];
    for (int i = 0; i < size; i++) {
      eventMillis[i] = LONG.decode(in);
      records.add(RECORD.decode(in));
    }
    return new RecordBatch(records, eventMillis);
  }
}
