package dev.millrace.transforms.window;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.StructuredCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;

/** {@link WindowResult} as bytes: a version byte, then its fields. */
public final class WindowResultCoder<A> extends StructuredCoder<WindowResult<A>> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final BooleanCoder BOOLEAN = BooleanCoder.of();

  private final Coder<A> aggregate;

  private WindowResultCoder(Coder<A> aggregate) {
    this.aggregate = aggregate;
  }

  /** Of results with such aggregates. */
  public static <A> WindowResultCoder<A> of(Coder<A> aggregate) {
    return new WindowResultCoder<>(aggregate);
  }

  @Override
  public void encode(WindowResult<A> result, OutputStream out) throws IOException {
    out.write(VERSION);
    TEXT.encode(result.key(), out);
    LONG.encode(result.start().toEpochMilli(), out);
    LONG.encode(result.end().toEpochMilli(), out);
    aggregate.encode(result.aggregate(), out);
    LONG.encode(result.pane(), out);
    TEXT.encode(result.timing().name(), out);
    BOOLEAN.encode(result.isFinal(), out);
    EventCountsCoder.of().encode(result.events(), out);
  }

  @Override
  public WindowResult<A> decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException(
          "WindowResult of version " + version + ", written by a newer release");
    }
    return new WindowResult<>(
        TEXT.decode(in),
        Instant.ofEpochMilli(LONG.decode(in)),
        Instant.ofEpochMilli(LONG.decode(in)),
        aggregate.decode(in),
        LONG.decode(in),
        PaneInfo.Timing.valueOf(TEXT.decode(in)),
        BOOLEAN.decode(in),
        EventCountsCoder.of().decode(in));
  }

  @Override
  public List<? extends Coder<?>> getCoderArguments() {
    return List.of(aggregate);
  }

  @Override
  public void verifyDeterministic() throws NonDeterministicException {
    aggregate.verifyDeterministic();
  }
}
