package dev.millrace.transforms.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.StructuredCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;

/** {@link Batch} as bytes: a version byte, then its values with their times. */
public final class BatchCoder<T> extends StructuredCoder<Batch<T>> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final VarIntCoder INT = VarIntCoder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();

  private final Coder<T> valueCoder;

  private BatchCoder(Coder<T> valueCoder) {
    this.valueCoder = valueCoder;
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
    out.write(VERSION);
    INT.encode(batch.size(), out);
    for (int i = 0; i < batch.size(); i++) {
      LONG.encode(batch.millis()[i], out);
      valueCoder.encode(batch.values().get(i), out);
    }
  }

  @Override
  public Batch<T> decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException("Batch of version " + version + ", written by a newer release");
    }
    int size = INT.decode(in);
    List<T> values = new ArrayList<>(size);
    long[] millis = new long[size];
    for (int i = 0; i < size; i++) {
      millis[i] = LONG.decode(in);
      values.add(valueCoder.decode(in));
    }
    return new Batch<>(values, millis);
  }

  @Override
  public List<? extends Coder<?>> getCoderArguments() {
    return List.of(valueCoder);
  }

  @Override
  public void verifyDeterministic() throws NonDeterministicException {
    verifyDeterministic(this, "its values' coder must be deterministic", valueCoder);
  }
}
