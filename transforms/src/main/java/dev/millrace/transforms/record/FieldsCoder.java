package dev.millrace.transforms.record;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.CoderException;

/**
 * A value as bytes: its version, the length of its fields, and its fields. It is written and read
 * through arrays; to and from any other stream by one copy.
 *
 * <p>Subclasses are deterministic: equal values, equal bytes.
 */
public abstract class FieldsCoder<T> extends AtomicCoder<T> {
  private static final long serialVersionUID = 1L;

  private static final int ROOM = 512;

  private final String name;
  private final int version;

  /**
   * A coder.
   *
   * @param name of the values, for messages
   * @param version 1 to 127; bytes of any other are refused
   */
  protected FieldsCoder(String name, int version) {
    this.name = name;
    this.version = version;
  }

  /** Writes the fields of a value. */
  protected abstract void write(T value, FieldWriter out) throws IOException;

  /** Reads the fields as they were written; what is left of them is skipped. */
  protected abstract T read(FieldReader in) throws IOException;

  @Override
  public final void encode(T value, OutputStream out) throws IOException {
    if (out instanceof FieldWriter fields) {
      fields.write(version);
      int begun = fields.beginLength();
      write(value, fields);
      fields.endLength(begun);
    } else {
      FieldWriter fields = new FieldWriter(ROOM);
      encode(value, fields);
      fields.writeTo(out);
    }
  }

  @Override
  public final T decode(InputStream in) throws IOException {
    int found = in.read();
    if (found != version) {
      throw new CoderException(
          name
              + " of version "
              + found
              + " instead of "
              + version
              + ": written by another release");
    }
    if (in instanceof FieldReader fields) {
      int outer = fields.narrow(fields.getInt());
      T value = read(fields);
      fields.widen(outer);
      return value;
    }
    DataInputStream data = new DataInputStream(in);
    byte[] fields = new byte[data.readInt()];
    data.readFully(fields);
    return read(new FieldReader(fields));
  }
}
