package dev.millrace.transforms.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;

/**
 * An exact decimal as bytes: its scale, then its digits as a number of variable length. Values that
 * differ in scale only are other bytes.
 *
 * <p>Beam's {@link org.apache.beam.sdk.coders.BigDecimalCoder} formats two error messages for each
 * value, which was 3% of the CPU of a whole pipeline.
 */
public final class DecimalCoder extends AtomicCoder<BigDecimal> {
  private static final long serialVersionUID = 1L;

  private static final int LONG = 0;
  private static final int BYTES = 1;
  private static final VarIntCoder SCALES = VarIntCoder.of();
  private static final VarLongCoder LONGS = VarLongCoder.of();
  private static final ByteArrayCoder ARRAYS = ByteArrayCoder.of();
  private static final DecimalCoder INSTANCE = new DecimalCoder();

  private DecimalCoder() {}

  public static DecimalCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(BigDecimal value, OutputStream out) throws IOException {
    SCALES.encode(value.scale(), out);
    BigInteger digits = value.unscaledValue();
    if (digits.bitLength() < Long.SIZE) {
      out.write(LONG);
      // Zigzag: a negative number needs no ten bytes.
      long number = digits.longValue();
      LONGS.encode((number << 1) ^ (number >> (Long.SIZE - 1)), out);
    } else {
      out.write(BYTES);
      ARRAYS.encode(digits.toByteArray(), out);
    }
  }

  @Override
  public BigDecimal decode(InputStream in) throws IOException {
    int scale = SCALES.decode(in);
    if (in.read() == LONG) {
      long zigzag = LONGS.decode(in);
      return BigDecimal.valueOf((zigzag >>> 1) ^ -(zigzag & 1), scale);
    }
    return new BigDecimal(new BigInteger(ARRAYS.decode(in)), scale);
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
