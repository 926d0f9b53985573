package dev.millrace.transforms.admission;

import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.RawRecord;
import java.io.Serializable;
import org.apache.beam.sdk.transforms.SerializableFunction;

/** What tells elements apart. */
public interface Identity<T> extends Serializable {

  /** Elements with the same id are the same event. */
  String id(T element);

  /**
   * Writes what must be the same if the id is; a part of the identity of a running job's state.
   *
   * @param millis the element's event time, since 1970; part of its content if a field of it is
   *     what dates it, and not if that is the delivery's
   */
  void content(T element, long millis, FieldWriter out);

  /** The record that the element was made of. */
  RawRecord record(T element);

  /**
   * By an id; what else must be the same is the payload, byte for byte.
   *
   * @param id of an element
   * @param record that it was made of
   */
  static <T> Identity<T> ofPayload(
      SerializableFunction<T, String> id, SerializableFunction<T, RawRecord> record) {
    return new Identity<>() {
      private static final long serialVersionUID = 1L;

      @Override
      public String id(T element) {
        return id.apply(element);
      }

      @Override
      public void content(T element, long millis, FieldWriter out) {
        out.putBytes(record.apply(element).value());
      }

      @Override
      public RawRecord record(T element) {
        return record.apply(element);
      }
    };
  }
}
