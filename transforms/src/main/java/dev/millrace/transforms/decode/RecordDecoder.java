package dev.millrace.transforms.decode;

import dev.millrace.transforms.record.RawRecord;
import java.io.Serializable;

/**
 * Makes a value from one record. Implementations hold no state between records and are called by
 * one thread at a time.
 */
@FunctionalInterface
public interface RecordDecoder<T> extends Serializable {

  /**
   * The record's value, never null.
   *
   * @throws InvalidRecordException if the record can't be one, whoever tries and however often
   */
  T decode(RawRecord record) throws InvalidRecordException;
}
