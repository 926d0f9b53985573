package dev.millrace.io.kafka;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Offsets of one partition.
 *
 * @param start the first
 * @param end the first that is no more in it
 */
record OffsetRange(int partition, long start, long end) implements Serializable {

  long size() {
    return end - start;
  }

  /**
   * Cuts ranges into parts of about the same number of offsets; a part may hold pieces of several
   * partitions, and a large partition is cut into several parts.
   *
   * @param offsets at most so many in each part; at least 1
   */
  static List<List<OffsetRange>> cut(List<OffsetRange> ranges, long offsets) {
    List<List<OffsetRange>> parts = new ArrayList<>();
    List<OffsetRange> part = new ArrayList<>();
    long room = offsets;
    for (OffsetRange range : ranges) {
      long start = range.start();
      while (start < range.end()) {
        long end = Math.min(range.end(), start + room);
        part.add(new OffsetRange(range.partition(), start, end));
        room -= end - start;
        start = end;
        if (room == 0) {
          parts.add(part);
          part = new ArrayList<>();
          room = offsets;
        }
      }
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }
}
