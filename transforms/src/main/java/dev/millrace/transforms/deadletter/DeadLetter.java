package dev.millrace.transforms.deadletter;

import dev.millrace.transforms.record.RawRecord;
import java.util.Objects;
import org.apache.beam.sdk.coders.DefaultCoder;

/**
 * A record that could not be processed, untouched, and why. Its identity is (pipeline, stage,
 * origin of the record): the same failure of the same delivery is one letter, however often it is
 * written.
 *
 * @param record the record as it was read
 * @param pipeline the pipeline that gave it up, for example {@code orders}
 * @param stage where, for example {@code decode} or {@code write}
 * @param errorClass what kind of failure, for counting and runbooks, for example {@code
 *     missing_field}
 * @param message what is wrong with it, for a person; at most {@value #MAX_MESSAGE} characters
 * @param attempt 1 for the first try, one more for each replay
 */
@DefaultCoder(DeadLetterCoder.class)
public record DeadLetter(
    RawRecord record,
    String pipeline,
    String stage,
    String errorClass,
    String message,
    int attempt) {

  /** Longer messages are cut. */
  public static final int MAX_MESSAGE = 1000;

  public DeadLetter {
    record = record.alone();
    Objects.requireNonNull(pipeline, "pipeline");
    Objects.requireNonNull(stage, "stage");
    Objects.requireNonNull(errorClass, "errorClass");
    message = message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE);
  }

  /** A first failure. */
  public static DeadLetter of(
      RawRecord record, String pipeline, String stage, String errorClass, String message) {
    return new DeadLetter(record, pipeline, stage, errorClass, message, 1);
  }
}
