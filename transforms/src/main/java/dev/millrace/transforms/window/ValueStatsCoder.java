package dev.millrace.transforms.window;

import dev.millrace.transforms.record.DecimalCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.NullableCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link ValueStats} as bytes: a version byte, then its fields. */
public final class ValueStatsCoder extends AtomicCoder<ValueStats> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 2;
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final Coder<BigDecimal> DECIMAL = NullableCoder.of(DecimalCoder.of());
  private static final ValueStatsCoder INSTANCE = new ValueStatsCoder();

  private ValueStatsCoder() {}

  public static ValueStatsCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(ValueStats.class), INSTANCE);
  }

  @Override
  public void encode(ValueStats stats, OutputStream out) throws IOException {
    out.write(VERSION);
    LONG.encode(stats.count(), out);
    LONG.encode(stats.values(), out);
    DECIMAL.encode(stats.sum(), out);
    DECIMAL.encode(stats.min(), out);
    DECIMAL.encode(stats.max(), out);
  }

  @Override
  public ValueStats decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException("ValueStats of version " + version + ", written by another release");
    }
    return new ValueStats(
        LONG.decode(in),
        LONG.decode(in),
        DECIMAL.decode(in),
        DECIMAL.decode(in),
        DECIMAL.decode(in));
  }
}
