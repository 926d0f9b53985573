package dev.millrace.transforms.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.StructuredCoder;

/** {@link Batch} as bytes: as {@link FieldsCoder} writes it, its values with their times. */
public final class BatchCoder<T> extends StructuredCoder<Batch<T>> {
  private static final long serialVersionUID = 1L;

  private final Coder<T> valueCoder;
  private final FieldsCoder<Batch<T>> fields;

  private BatchCoder(Coder<T> valueCoder) {
    this.valueCoder = valueCoder;
    this.fields = new Values<>(valueCoder);
  }

  public static <T> BatchCoder<T> of(Coder<T> valueCoder) {
    return new BatchCoder<>(valueCoder);
  }

  /** The coder of the values. */
  public Coder<T> valueCoder() {
    return valueCoder;
  }

  @Override
  public void encode(Batch<T> batch, OutputStream out) throws IOException {
    fields.encode(batch, out);
  }

  @Override
  public Batch<T> decode(InputStream in) throws IOException {
    return fields.decode(in);
  }

  @Override
  public List<? extends Coder<?>> getCoderArguments() {
    return List.of(valueCoder);
  }

  @Override
  public void verifyDeterministic() throws NonDeterministicException {
    verifyDeterministic(this, "its values' coder must be deterministic", valueCoder);
  }

  private static final class Values<T> extends FieldsCoder<Batch<T>> {
    private static final long serialVersionUID = 1L;

    private static final int VERSION = 2;

    private final Coder<T> valueCoder;

    Values(Coder<T> valueCoder) {
      super("Batch", VERSION);
      this.valueCoder = valueCoder;
    }

    @Override
    protected void write(Batch<T> batch, FieldWriter out) throws IOException {
      out.putInt(batch.size());
      for (int i = 0; i < batch.size(); i++) {
        out.putLong(batch.millis()[i]);
        valueCoder.encode(batch.values().get(i), out);
      }
    }

    @Override
    protected Batch<T> read(FieldReader in) throws IOException {
      int size = in.getInt();
      List<T> values = new ArrayList<>(size);
      long[] millis = new long[size];
      for (int i = 0; i < size; i++) {
        millis[i] = in.getLong();
        values.add(valueCoder.decode(in));
      }
      return new Batch<>(values, millis);
    }
  }
}
