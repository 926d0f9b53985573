package dev.millrace.transforms.admission;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.StructuredCoder;

/** {@link Candidate} as bytes: its numbers, then the element. */
final class CandidateCoder<T> extends StructuredCoder<Candidate<T>> {
  private static final long serialVersionUID = 1L;

  private static final int NUMBERS = 3 * Long.BYTES + Integer.BYTES;

  private final Coder<T> values;

  CandidateCoder(Coder<T> values) {
    this.values = values;
  }

  @Override
  public void encode(Candidate<T> candidate, OutputStream out) throws IOException {
    // One write for all numbers: there are many candidates, and Flink's streams are deep.
    byte[] numbers = new byte[NUMBERS];
    ByteBuffer.wrap(numbers)
        .putLong(candidate.millis())
        .putLong(candidate.high())
        .putLong(candidate.low())
        .putInt(candidate.content());
    out.write(numbers, 0, NUMBERS);
    values.encode(candidate.value(), out);
  }

  @Override
  public Candidate<T> decode(InputStream in) throws IOException {
    byte[] read = new byte[NUMBERS];
    if (in.readNBytes(read, 0, NUMBERS) < NUMBERS) {
      throw new EOFException("a candidate ends within its numbers");
    }
    ByteBuffer numbers = ByteBuffer.wrap(read);
    long millis = numbers.getLong();
    long high = numbers.getLong();
    long low = numbers.getLong();
    int content = numbers.getInt();
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
