package dev.millrace.transforms.admission;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.StructuredCoder;

/** {@link Candidate} as bytes: its numbers, then the element. */
final class CandidateCoder<T> extends StructuredCoder<Candidate<T>> {
  private static final long serialVersionUID = 1L;

  private final Coder<T> values;

  CandidateCoder(Coder<T> values) {
    this.values = values;
  }

  @Override
  public void encode(Candidate<T> candidate, OutputStream out) throws IOException {
    DataOutputStream data = new DataOutputStream(out);
    data.writeLong(candidate.millis());
    data.writeLong(candidate.high());
    data.writeLong(candidate.low());
    data.writeInt(candidate.content());
    values.encode(candidate.value(), out);
  }

  @Override
  public Candidate<T> decode(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    long millis = data.readLong();
    long high = data.readLong();
    long low = data.readLong();
    int content = data.readInt();
    return new Candidate<>(values.decode(in), millis, high, low, content);
  }

  @Override
  public List<? extends Coder<?>> getCoderArguments() {
    return List.of(values);
  }

  @Override
  public void verifyDeterministic() throws NonDeterministicException {
    values.verifyDeterministic();
  }
}
