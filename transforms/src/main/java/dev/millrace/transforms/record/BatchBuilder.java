package dev.millrace.transforms.record;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Gathers values for a {@link Batch}. */
public final class BatchBuilder<T> {
  private final List<T> values;
  private long[] millis;

  /**
   * An empty one.
   *
   * @param room for how many values
   */
  public BatchBuilder(int room) {
    values = new ArrayList<>(room);
    millis = new long[Math.max(1, room)];
  }

  /**
   * Adds a value.
   *
   * @param at its event time, milliseconds since 1970
   */
  public void add(T value, long at) {
    if (values.size() == millis.length) {
      millis = Arrays.copyOf(millis, millis.length * 2);
    }
    millis[values.size()] = at;
    values.add(value);
  }

  /** Whether nothing was added. */
  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** How many values were added. */
  public int size() {
    return values.size();
  }

  /** What was added; the builder is of no more use then. */
  public Batch<T> build() {
    return new Batch<>(
        values, values.size() == millis.length ? millis : Arrays.copyOf(millis, values.size()));
  }
}
