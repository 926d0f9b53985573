package dev.millrace.io.kafka;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;

import java.time.Instant;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReaderWatermarkTest {
  private static final long SECOND = 1_000;
  private static final long MINUTE = 60 * SECOND;
  private static final long OUT_OF_ORDERNESS = 30 * SECOND;
  private static final long EIGHT = Instant.parse("2026-05-26T08:00:00Z").toEpochMilli();
  private static final long NINE = EIGHT + 60 * MINUTE;

  private final ReaderWatermark watermark = reader(0, 1, 2);

  @Test
  void minimumOverThePartitionsLessTheOutOfOrdernessRules() {
    watermark.advance(0, EIGHT + 2 * MINUTE);
    watermark.advance(1, EIGHT);
    watermark.advance(2, EIGHT + MINUTE);

    assertThat(watermark.current(), is(EIGHT - OUT_OF_ORDERNESS));

    watermark.advance(1, EIGHT + 3 * MINUTE);

    assertThat(watermark.current(), is(EIGHT + MINUTE - OUT_OF_ORDERNESS));
  }

  @Test
  void beforeAnyEventTimeItIsBeforeEveryEvent() {
    assertThat(watermark.current(), is(ReaderWatermark.MIN));
    assertThat(reader().current(), is(ReaderWatermark.MIN));
  }

  @Test
  void partitionThatHasNotToldItsTimeHoldsTheOthers() {
    watermark.advance(0, EIGHT);
    watermark.advance(1, EIGHT);

    assertThat(watermark.current(), is(ReaderWatermark.MIN));

    watermark.advance(2, EIGHT);

    assertThat(watermark.current(), is(EIGHT - OUT_OF_ORDERNESS));
  }

  @Test
  void partitionThatIsAddedHoldsFromThenOnAndTakesNothingBack() {
    ReaderWatermark one = reader(0);
    one.advance(0, EIGHT);
    assertThat(one.current(), is(EIGHT - OUT_OF_ORDERNESS));

    one.add(7);
    one.advance(0, NINE);

    assertThat(one.current(), is(EIGHT - OUT_OF_ORDERNESS));

    one.advance(7, EIGHT + MINUTE);

    assertThat(one.current(), is(EIGHT + MINUTE - OUT_OF_ORDERNESS));
  }

  @Test
  void addingAPartitionAgainChangesNothing() {
    ReaderWatermark one = reader(0);
    one.advance(0, EIGHT);

    one.add(0);

    assertThat(one.newest(0), is(EIGHT));
    assertThat(one.current(), is(EIGHT - OUT_OF_ORDERNESS));
  }

  @Test
  void idlePartitionIsLeftOut() {
    watermark.advance(0, EIGHT);
    watermark.advance(1, NINE);
    watermark.idle(0);
    watermark.idle(2); // Nothing has ever come from it.

    assertThat(watermark.current(), is(NINE - OUT_OF_ORDERNESS));
  }

  @Test
  void idlePartitionThatWakesHoldsAgain() {
    watermark.advance(0, EIGHT);
    watermark.advance(1, EIGHT + 5 * MINUTE);
    watermark.idle(0);
    watermark.idle(2);
    assertThat(watermark.current(), is(EIGHT + 5 * MINUTE - OUT_OF_ORDERNESS));

    watermark.advance(0, EIGHT + 6 * MINUTE);
    watermark.advance(1, NINE);

    assertThat(watermark.current(), is(EIGHT + 6 * MINUTE - OUT_OF_ORDERNESS));
  }

  @Test
  void idlePartitionThatWakesWithOlderTimesTakesNothingBack() {
    watermark.advance(0, NINE);
    watermark.idle(1);
    watermark.idle(2);
    assertThat(watermark.current(), is(NINE - OUT_OF_ORDERNESS));

    watermark.advance(1, EIGHT);

    assertThat(watermark.current(), is(NINE - OUT_OF_ORDERNESS));
    assertThat(watermark.newest(1), is(EIGHT));

    watermark.advance(0, NINE + 5 * MINUTE); // The one that woke holds it where it was.

    assertThat(watermark.current(), is(NINE - OUT_OF_ORDERNESS));
  }

  @Test
  void whereAllAreIdleTheNewestRules() {
    watermark.advance(0, EIGHT);
    watermark.advance(1, NINE);
    watermark.advance(2, EIGHT + MINUTE);
    idle(watermark, 0, 1, 2);

    assertThat(watermark.current(), is(NINE - OUT_OF_ORDERNESS));
  }

  @Test
  void whereAllAreIdleANewerTimeElsewhereRules() {
    watermark.advance(0, EIGHT);
    idle(watermark, 0, 1, 2);
    watermark.elsewhere(NINE);
    watermark.elsewhere(EIGHT + MINUTE); // An older answer takes nothing back.

    assertThat(watermark.current(), is(NINE - OUT_OF_ORDERNESS));

    watermark.elsewhere(NINE + MINUTE);

    assertThat(watermark.current(), is(NINE + MINUTE - OUT_OF_ORDERNESS));
  }

  @Test
  void whereAllAreIdleAnOlderTimeElsewhereDoesNot() {
    watermark.advance(0, NINE);
    idle(watermark, 0, 1, 2);
    watermark.elsewhere(EIGHT);

    assertThat(watermark.current(), is(NINE - OUT_OF_ORDERNESS));
  }

  @Test
  void timesElsewhereDoNotMoveItWhileOnePartitionIsActive() {
    watermark.advance(0, EIGHT);
    idle(watermark, 1, 2);
    watermark.elsewhere(NINE);

    assertThat(watermark.current(), is(EIGHT - OUT_OF_ORDERNESS));
  }

  @Test
  void allIdleAndNoTimeKnownAnywhereIsStillBeforeEveryEvent() {
    idle(watermark, 0, 1, 2);

    assertThat(watermark.current(), is(ReaderWatermark.MIN));
  }

  @Test
  void readerWithoutPartitionsFollowsTheOthersOfTheTopic() {
    ReaderWatermark none = reader();
    none.elsewhere(NINE);

    assertThat(none.current(), is(NINE - OUT_OF_ORDERNESS));
  }

  @Test
  void startsAtTheRestoredWatermarkAndNeverGoesBelowIt() {
    long restored = NINE - OUT_OF_ORDERNESS;
    ReaderWatermark resumed = new ReaderWatermark(OUT_OF_ORDERNESS, restored);
    resumed.add(0);
    resumed.add(1);
    assertThat(resumed.current(), is(restored));

    resumed.advance(0, EIGHT);
    resumed.advance(1, EIGHT);

    assertThat(resumed.current(), is(restored));

    resumed.advance(0, NINE + MINUTE);
    resumed.advance(1, NINE + 2 * MINUTE);

    assertThat(resumed.current(), is(NINE + MINUTE - OUT_OF_ORDERNESS));
  }

  @Test
  void partitionsAreIndependent() {
    watermark.advance(0, EIGHT);
    watermark.advance(1, NINE);
    watermark.advance(0, EIGHT - MINUTE); // Older records leave the newest as it is.

    assertThat(watermark.newest(0), is(EIGHT));
    assertThat(watermark.newest(1), is(NINE));
    assertThat(watermark.newest(2), is(ReaderWatermark.MIN));
    assertThat(watermark.of(0), is(EIGHT - OUT_OF_ORDERNESS));
    assertThat(watermark.of(1), is(NINE - OUT_OF_ORDERNESS));
    assertThat(watermark.of(2), is(ReaderWatermark.MIN));
  }

  @Test
  void whateverHappensItNeverGoesBackAndStaysBehindWhatHasBeenSeen() {
    for (int seed = 1; seed <= 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int partitions = random.nextInt(1, 5);
      ReaderWatermark reader = new ReaderWatermark(OUT_OF_ORDERNESS, ReaderWatermark.MIN);
      long[] newest = new long[partitions];
      boolean[] idle = new boolean[partitions];
      Arrays.fill(newest, ReaderWatermark.MIN);
      for (int i = 0; i < partitions; i++) {
        reader.add(i);
      }
      long before = ReaderWatermark.MIN;
      long seen = ReaderWatermark.MIN;
      for (int step = 0; step < 300; step++) {
        int partition = random.nextInt(partitions);
        if (random.nextInt(4) == 0) {
          reader.idle(partition);
          idle[partition] = true;
        } else {
          long time = EIGHT + random.nextLong(60) * MINUTE;
          reader.advance(partition, time);
          newest[partition] = Math.max(newest[partition], time);
          idle[partition] = false;
          seen = Math.max(seen, time);
        }
        long now = reader.current();
        assertThat("seed " + seed, now, is(greaterThanOrEqualTo(before)));
        if (now > before) {
          assertThat("seed " + seed, seen - OUT_OF_ORDERNESS, is(greaterThanOrEqualTo(now)));
          for (int i = 0; i < partitions; i++) {
            assertThat(
                "seed %d: partition %d doesn't hold it".formatted(seed, i),
                idle[i] || newest[i] - OUT_OF_ORDERNESS >= now,
                is(true));
          }
        }
        before = now;
      }
      assertThat("seed " + seed, before, is(greaterThan(ReaderWatermark.MIN)));
    }
  }

  private static ReaderWatermark reader(int... partitions) {
    ReaderWatermark reader = new ReaderWatermark(OUT_OF_ORDERNESS, ReaderWatermark.MIN);
    for (int each : partitions) {
      reader.add(each);
    }
    return reader;
  }

  private static void idle(ReaderWatermark reader, int... partitions) {
    for (int each : partitions) {
      reader.idle(each);
    }
  }
}
