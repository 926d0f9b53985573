package dev.millrace.transforms.window;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.VarIntCoder;

/**
 * How far a shard's window has come.
 *
 * @param isOver whether the watermark has passed its end: what comes now fires at once
 * @param firesEarly whether a preliminary result is due
 * @param kept how many bytes the log of its sums had when they were last put together
 * @param appended how many have come since
 */
record WindowProgress(boolean isOver, boolean firesEarly, int kept, int appended) {

  /** Of a window that nothing has come to. */
  static WindowProgress begun(boolean isOver) {
    return new WindowProgress(isOver, false, 0, 0);
  }

  WindowProgress plus(int bytes) {
    return new WindowProgress(isOver, firesEarly, kept, appended + bytes);
  }

  WindowProgress withEarly(boolean itFires) {
    return new WindowProgress(isOver, itFires, kept, appended);
  }

  WindowProgress over() {
    return new WindowProgress(true, false, kept, appended);
  }

  WindowProgress together(int bytes) {
    return new WindowProgress(isOver, firesEarly, bytes, 0);
  }

  /** A version byte, then the fields. */
  static final class ProgressCoder extends AtomicCoder<WindowProgress> {
    private static final long serialVersionUID = 1L;

    private static final int VERSION = 1;
    private static final BooleanCoder BOOLEAN = BooleanCoder.of();
    private static final VarIntCoder INT = VarIntCoder.of();

    @Override
    public void encode(WindowProgress progress, OutputStream out) throws IOException {
      out.write(VERSION);
      BOOLEAN.encode(progress.isOver, out);
      BOOLEAN.encode(progress.firesEarly, out);
      INT.encode(progress.kept, out);
      INT.encode(progress.appended, out);
    }

    @Override
    public WindowProgress decode(InputStream in) throws IOException {
      int version = in.read();
      if (version != VERSION) {
        throw new CoderException(
            "WindowProgress of version " + version + ", written by another release");
      }
      return new WindowProgress(
          BOOLEAN.decode(in), BOOLEAN.decode(in), INT.decode(in), INT.decode(in));
    }
  }
}
