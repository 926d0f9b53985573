package dev.millrace.transforms.record;

import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One header of a record.
 *
 * @param name not null; a name may occur several times in a record
 * @param value the bytes as they came; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Exact bytes; equality is by content, below.
public record Header(String name, byte @Nullable [] value) {

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Header that
        && name.equals(that.name)
        && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(value);
  }
}
