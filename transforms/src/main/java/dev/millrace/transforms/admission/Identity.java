package dev.millrace.transforms.admission;

import com.dynatrace.hash4j.hashing.HashSink;
import dev.millrace.transforms.record.RawRecord;
import java.io.Serializable;
import java.math.BigDecimal;
import org.apache.beam.sdk.transforms.SerializableFunction;

/** What tells elements apart. */
public interface Identity<T> extends Serializable {

  /** Elements with the same id are the same event. */
  String id(T element);

  /**
   * Puts what must be the same if the id is.
   *
   * @param millis the element's event time, since 1970; part of its content if a field of it is
   *     what dates it, and not if that is the delivery's
   * @param sink takes the fields one after the other
   */
  void content(T element, long millis, HashSink sink);

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
      public void content(T element, long millis, HashSink sink) {
        byte[] payload = record.apply(element).value();
        sink.putByteArray(payload == null ? new byte[0] : payload);
      }

      @Override
      public RawRecord record(T element) {
        return record.apply(element);
      }
    };
  }

  /**
   * Adds a decimal to a content.
   *
   * @param value of a scale that depends on its value only, as decoded JSON has it
   */
  static void putDecimal(BigDecimal value, HashSink sink) {
    sink.putInt(value.scale());
    sink.putByteArray(value.unscaledValue().toByteArray());
  }
}
