package dev.millrace.transforms.ledger;

import java.io.Serializable;
import org.joda.time.Duration;

/**
 * When the accounts of a window must balance. All in event time.
 *
 * @param window the size of the windows, aligned to 1970
 * @param after how long after a window's end nothing is admitted to it any more
 * @param patience how much longer a record may be on its way to its tables, in a session that goes
 *     on for example; a window that balances is closed before
 */
public record Closing(Duration window, Duration after, Duration patience) implements Serializable {

  public Closing {
    if (!window.isLongerThan(Duration.ZERO)) {
      throw new IllegalArgumentException("the window is not positive: " + window);
    }
    if (after.isShorterThan(Duration.ZERO) || patience.isShorterThan(Duration.ZERO)) {
      throw new IllegalArgumentException("negative: " + after + " or " + patience);
    }
  }

  /** The watermark from which on a window is closed if it balances. */
  long due(long windowStart) {
    return windowStart + window.getMillis() + after.getMillis();
  }

  /** The watermark from which on it is closed whether it balances or not. */
  long overdue(long windowStart) {
    return due(windowStart) + patience.getMillis();
  }
}
