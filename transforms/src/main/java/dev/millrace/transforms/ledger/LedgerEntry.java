package dev.millrace.transforms.ledger;

import java.util.Objects;
import org.apache.beam.sdk.coders.DefaultCoder;

/**
 * How many records of a window a stage has had.
 *
 * @param stage one of {@link Stage}, or the stage of a table
 * @param windowStart of the event-time window, milliseconds since 1970
 * @param count of records
 */
@DefaultCoder(LedgerEntryCoder.class)
public record LedgerEntry(String stage, long windowStart, long count) {

  public LedgerEntry {
    Objects.requireNonNull(stage, "stage");
  }
}
