package dev.millrace.benchmarks;

import dev.millrace.transforms.record.DecimalCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.VarLongCoder;

/** {@link CountAndSum} as bytes. */
final class CountAndSumCoder extends AtomicCoder<CountAndSum> {
  private static final long serialVersionUID = 1L;

  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final DecimalCoder DECIMAL = DecimalCoder.of();
  private static final CountAndSumCoder INSTANCE = new CountAndSumCoder();

  private CountAndSumCoder() {}

  static CountAndSumCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(CountAndSum aggregate, OutputStream out) throws IOException {
    LONG.encode(aggregate.count(), out);
    DECIMAL.encode(aggregate.sum(), out);
  }

  @Override
  public CountAndSum decode(InputStream in) throws IOException {
    return new CountAndSum(LONG.decode(in), DECIMAL.decode(in));
  }
}
