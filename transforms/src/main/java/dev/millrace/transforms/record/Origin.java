package dev.millrace.transforms.record;

import java.io.Serializable;
import java.util.Comparator;

/**
 * Where a record stands in its log: the identity of a delivery, and the last word in ordering two
 * versions of the same thing.
 *
 * @param system what kind of log, {@code kafka} or {@code file}
 * @param topic the topic's name, or the file's path
 * @param partition the topic's partition; 0 in a file
 * @param offset the record's offset in the partition; in a file the number of bytes, uncompressed,
 *     that stand before it
 */
public record Origin(String system, String topic, int partition, long offset)
    implements Comparable<Origin>, Serializable {

  /** Strings by code point, as PostgreSQL's "C" collation orders UTF-8. */
  private static final Comparator<Origin> ORDER =
      Comparator.comparing(Origin::system, Origin::compareCodePoints)
          .thenComparing(Origin::topic, Origin::compareCodePoints)
          .thenComparingInt(Origin::partition)
          .thenComparingLong(Origin::offset);

  @Override
  public int compareTo(Origin other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return system + " " + topic + " partition " + partition + " offset " + offset;
  }

  private static int compareCodePoints(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // Surrogates stand for code points above all of the others, though their units don't.
        boolean surrogates = Character.isSurrogate(x) && Character.isSurrogate(y);
        if (!surrogates && Character.isSurrogate(x)) {
          return 1;
        }
        if (!surrogates && Character.isSurrogate(y)) {
          return -1;
        }
        return Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }
}
