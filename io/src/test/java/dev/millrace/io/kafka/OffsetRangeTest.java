package dev.millrace.io.kafka;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OffsetRangeTest {

  @Test
  void sizeIsTheNumberOfOffsets() {
    assertThat(new OffsetRange(0, 40, 42).size(), is(2L));
    assertThat(new OffsetRange(0, 42, 42).size(), is(0L));
  }

  @Test
  void largePartitionIsCutIntoSeveralParts() {
    assertThat(
        OffsetRange.cut(List.of(new OffsetRange(3, 100, 350)), 100),
        contains(
            List.of(new OffsetRange(3, 100, 200)),
            List.of(new OffsetRange(3, 200, 300)),
            List.of(new OffsetRange(3, 300, 350))));
  }

  @Test
  void partHoldsPiecesOfSeveralPartitions() {
    assertThat(
        OffsetRange.cut(
            List.of(
                new OffsetRange(0, 0, 30), new OffsetRange(1, 5, 45), new OffsetRange(2, 0, 70)),
            100),
        contains(
            List.of(
                new OffsetRange(0, 0, 30), new OffsetRange(1, 5, 45), new OffsetRange(2, 0, 30)),
            List.of(new OffsetRange(2, 30, 70))));
  }

  @Test
  void rangeThatFillsAPartExactlyLeavesNoEmptyOne() {
    assertThat(
        OffsetRange.cut(List.of(new OffsetRange(0, 0, 100), new OffsetRange(1, 0, 100)), 100),
        contains(List.of(new OffsetRange(0, 0, 100)), List.of(new OffsetRange(1, 0, 100))));
  }

  @Test
  void emptyRangesAndNoneGiveNoParts() {
    assertThat(OffsetRange.cut(List.of(), 100), is(empty()));
    assertThat(OffsetRange.cut(List.of(new OffsetRange(0, 7, 7)), 100), is(empty()));
  }

  @Test
  void partsCoverTheRangesWithoutGapsOrOverlapsAndAllButTheLastAreFull() {
    SplittableRandom random = new SplittableRandom(20260526);
    int cutInTwo = 0;
    for (int i = 0; i < 2_000; i++) {
      List<OffsetRange> ranges = new ArrayList<>();
      int partitions = random.nextInt(8);
      for (int partition = 0; partition < partitions; partition++) {
        long start = random.nextLong(1L << 40);
        ranges.add(new OffsetRange(partition, start, start + random.nextLong(300)));
      }
      long offsets = random.nextLong(1, 200);

      List<List<OffsetRange>> parts = OffsetRange.cut(ranges, offsets);

      String description = ranges + " by " + offsets;
      List<OffsetRange> pieces = new ArrayList<>();
      parts.forEach(pieces::addAll);
      assertThat(description, joined(pieces), is(joined(ranges)));
      for (int part = 0; part < parts.size(); part++) {
        long size = parts.get(part).stream().mapToLong(OffsetRange::size).sum();
        boolean last = part == parts.size() - 1;
        assertThat(description, last ? size >= 1 && size <= offsets : size == offsets, is(true));
      }
      cutInTwo += pieces.size() > partitions ? 1 : 0;
    }
    assertThat("cases in which a partition is cut", cutInTwo, is(greaterThan(1_000)));
  }

  /** Pieces that follow each other in a partition put together; empty ones left out. */
  private static List<OffsetRange> joined(List<OffsetRange> pieces) {
    List<OffsetRange> joined = new ArrayList<>();
    for (OffsetRange each : pieces) {
      OffsetRange before = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (before != null
          && before.partition() == each.partition()
          && before.end() == each.start()) {
        joined.set(
            joined.size() - 1, new OffsetRange(each.partition(), before.start(), each.end()));
      } else if (each.size() > 0) {
        joined.add(each);
      }
    }
    return joined;
  }
}
