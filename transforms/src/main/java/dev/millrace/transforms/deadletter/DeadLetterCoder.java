package dev.millrace.transforms.deadletter;

import dev.millrace.transforms.record.FieldReader;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.FieldsCoder;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.values.TypeDescriptor;

/** {@link DeadLetter} as bytes. */
public final class DeadLetterCoder extends FieldsCoder<DeadLetter> {
  private static final long serialVersionUID = 1L;

  private static final int VERSION = 2;
  private static final RawRecordCoder RECORD = RawRecordCoder.of();
  private static final DeadLetterCoder INSTANCE = new DeadLetterCoder();

  private DeadLetterCoder() {
    super("DeadLetter", VERSION);
  }

  public static DeadLetterCoder of() {
    return INSTANCE;
  }

  /** Found by Beam through {@link org.apache.beam.sdk.coders.DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(DeadLetter.class), INSTANCE);
  }

  @Override
  protected void write(DeadLetter letter, FieldWriter out) throws IOException {
    RECORD.encode(letter.record(), out);
    out.putText(letter.pipeline());
    out.putText(letter.stage());
    out.putText(letter.errorClass());
    out.putText(letter.message());
    out.putInt(letter.attempt());
  }

  @Override
  protected DeadLetter read(FieldReader in) throws IOException {
    return new DeadLetter(
        RECORD.decode(in), in.getText(), in.getText(), in.getText(), in.getText(), in.getInt());
  }
}
