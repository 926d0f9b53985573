package dev.millrace.transforms.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link LedgerEntry} as bytes: a version byte, then its fields. */
public final class LedgerEntryCoder extends AtomicCoder<LedgerEntry> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final VarLongCoder LONG = VarLongCoder.of();
  private static final LedgerEntryCoder INSTANCE = new LedgerEntryCoder();

  private LedgerEntryCoder() {}

  public static LedgerEntryCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(LedgerEntry.class), INSTANCE);
  }

  @Override
  public void encode(LedgerEntry entry, OutputStream out) throws IOException {
    out.write(VERSION);
    TEXT.encode(entry.stage(), out);
    LONG.encode(entry.windowStart(), out);
    LONG.encode(entry.count(), out);
  }

  @Override
  public LedgerEntry decode(InputStream in) throws IOException {
    int version = in.read();
    if (version != VERSION) {
      throw new CoderException(
          "LedgerEntry of version " + version + ", written by a newer release");
    }
    return new LedgerEntry(TEXT.decode(in), LONG.decode(in), LONG.decode(in));
  }
}
