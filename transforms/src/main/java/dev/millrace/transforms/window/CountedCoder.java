package dev.millrace.transforms.window;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.StructuredCoder;

/** {@link Counted} as bytes: the aggregate, then the counts. */
final class CountedCoder<A> extends StructuredCoder<Counted<A>> {
  private static final long serialVersionUID = 1L;

  private final Coder<A> aggregates;

  CountedCoder(Coder<A> aggregates) {
    this.aggregates = aggregates;
  }

  @Override
  public void encode(Counted<A> counted, OutputStream out) throws IOException {
    aggregates.encode(counted.aggregate(), out);
    EventCountsCoder.of().encode(counted.events(), out);
  }

  @Override
  public Counted<A> decode(InputStream in) throws IOException {
    return new Counted<>(aggregates.decode(in), EventCountsCoder.of().decode(in));
  }

  @Override
  public List<? extends Coder<?>> getCoderArguments() {
    return List.of(aggregates);
  }

  @Override
  public void verifyDeterministic() throws NonDeterministicException {
    aggregates.verifyDeterministic();
  }
}
