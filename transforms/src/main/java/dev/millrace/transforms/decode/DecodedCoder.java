package dev.millrace.transforms.decode;

import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.transforms.SerializableFunction;

/**
 * A value as the record that it was made of, decoded again wherever it arrives. Nothing has to be
 * written for it, and what checkpoints hold of it never gets old; each shuffle costs a decoding,
 * though, so a busy pipeline has a coder of its own.
 */
public final class DecodedCoder<T> extends CustomCoder<T> {
  private static final long serialVersionUID = 1L;

  private final RecordDecoder<T> decoder;
  private final SerializableFunction<T, RawRecord> recordOf;

  private DecodedCoder(RecordDecoder<T> decoder, SerializableFunction<T, RawRecord> recordOf) {
    this.decoder = decoder;
    this.recordOf = recordOf;
  }

  /**
   * Encodes values of {@code decoder}.
   *
   * @param recordOf the record that a value was made of
   */
  public static <T> DecodedCoder<T> of(
      RecordDecoder<T> decoder, SerializableFunction<T, RawRecord> recordOf) {
    return new DecodedCoder<>(decoder, recordOf);
  }

  @Override
  public void encode(T value, OutputStream out) throws IOException {
    RawRecordCoder.of().encode(recordOf.apply(value), out);
  }

  @Override
  public T decode(InputStream in) throws IOException {
    RawRecord record = RawRecordCoder.of().decode(in);
    try {
      return decoder.decode(record);
    } catch (InvalidRecordException e) {
      throw new CoderException(
          record + " was decoded before, and is no more: " + e.getMessage(), e);
    }
  }

  @Override
  public void verifyDeterministic() {
    // The bytes of a record are what they are.
  }
}
