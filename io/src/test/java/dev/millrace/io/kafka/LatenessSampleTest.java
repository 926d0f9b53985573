package dev.millrace.io.kafka;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.both;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.hamcrest.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatenessSampleTest {
  private static final long EIGHT = Instant.parse("2026-05-26T08:00:00Z").toEpochMilli();

  private final LatenessSample sample = new LatenessSample();

  @Test
  void recordIsBehindTheNewestThatCameBeforeItInItsPartition() {
    sample.add(0, EIGHT);
    sample.add(0, EIGHT + 60_000);
    sample.add(0, EIGHT + 59_000); // 1 s behind.
    sample.add(1, EIGHT); // The newest of its own partition.
    sample.add(0, EIGHT + 60_000); // As new as the newest.
    sample.add(1, EIGHT - 1_500); // 1.5 s behind.

    assertThat(sample.dated(), is(6L));
    assertThat(sample.behind(), is(2L));
    assertThat(sample.partitions(), is(2));
    assertThat(sample.max(), is(Duration.ofMillis(1_500)));
  }

  @Test
  void recordsWithoutUsableTimeAreCountedApart() {
    sample.add(0, EIGHT);
    sample.add(0, EventTime.UNUSABLE);
    sample.add(1, EventTime.UNUSABLE);
    sample.add(0, EIGHT - 1_000);

    assertThat(sample.undated(), is(2L));
    assertThat(sample.dated(), is(2L));
    assertThat(sample.behind(), is(1L));
    assertThat(sample.partitions(), is(1));
    assertThat(sample.max(), is(Duration.ofSeconds(1)));
  }

  @Test
  void sharesAreOfTheDatedRecords() {
    sample.add(0, EIGHT);
    for (int seconds = 1; seconds < 100; seconds++) {
      sample.add(0, EIGHT - seconds * 1_000L);
    }

    assertThat(sample.share(Duration.ZERO), is(closeTo(0.01, 1e-9)));
    assertThat(sample.share(Duration.ofSeconds(9)), is(closeTo(0.10, 1e-9)));
    assertThat(sample.share(Duration.ofSeconds(49)), is(closeTo(0.50, 1e-9)));
    assertThat(sample.share(Duration.ofMinutes(2)), is(closeTo(1.0, 1e-9)));
    assertThat(sample.later(Duration.ZERO), is(99L));
    assertThat(sample.later(Duration.ofSeconds(49)), is(50L));
    assertThat(sample.later(Duration.ofMinutes(2)), is(0L));
  }

  @Test
  void coveringIsTheShortestThatCoversTheShareToThreeDigits() {
    sample.add(0, EIGHT);
    for (int seconds = 1; seconds < 100; seconds++) {
      sample.add(0, EIGHT - seconds * 1_000L);
    }

    assertThat(sample.covering(0.01), is(Duration.ZERO));
    assertThat(sample.covering(0.5).toMillis(), is(threeDigits(49_000)));
    assertThat(sample.covering(0.9).toMillis(), is(threeDigits(89_000)));
    assertThat(sample.covering(1).toMillis(), is(threeDigits(99_000)));
    assertThat(sample.max().toMillis(), is(threeDigits(99_000)));
  }

  @Test
  void ninetyNineOfAHundredWithinTenMinutesIsTenMinutes() {
    SplittableRandom random = new SplittableRandom(20260526);
    sample.add(0, EIGHT);
    for (int i = 0; i < 10_000; i++) {
      boolean rare = random.nextInt(1_000) < 5;
      long behind = rare ? random.nextLong(600_000, 7_200_000) : random.nextLong(590_000);
      sample.add(0, EIGHT - behind);
    }

    assertThat(LatenessSample.roundedUp(sample.covering(0.99)), is(Duration.ofMinutes(10)));
    assertThat(sample.share(Duration.ofMinutes(10)), is(greaterThanOrEqualTo(0.99)));
    assertThat(LatenessSample.roundedUp(sample.max()), is(Duration.ofHours(2)));
  }

  /** A disorder of a minute is covered by a minute, not by two. */
  @ParameterizedTest
  @CsvSource({"1", "2", "5", "10", "20", "30", "60", "120", "300", "600", "1800", "3600", "86400"})
  void whatIsExactlyARoundDurationBehindNeedsNoLongerOne(long seconds) {
    sample.add(0, EIGHT);
    sample.add(0, EIGHT - seconds * 1_000);

    assertThat(LatenessSample.roundedUp(sample.covering(1)), is(Duration.ofSeconds(seconds)));
    assertThat(LatenessSample.roundedUp(sample.max()), is(Duration.ofSeconds(seconds)));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S,      PT0S",
    "PT0.001S,  PT0.1S",
    "PT0.1S,    PT0.1S",
    "PT0.101S,  PT1S",
    "PT10S,     PT10S",
    "PT10.1S,   PT20S",
    "PT9M50S,   PT10M",
    "PT10M,     PT10M",
    "PT10M1S,   PT15M",
    "PT59M,     PT1H",
    "PT24H,     PT24H",
    "PT24H10M,  PT48H",
    "PT49H,     PT72H",
  })
  void roundedUpIsTheNextThatAPersonWouldChoose(Duration exact, Duration round) {
    assertThat(LatenessSample.roundedUp(exact), is(round));
  }

  @Test
  void bucketsGoFromNoneToTheLastThatHoldsAny() {
    sample.add(0, EIGHT);
    sample.add(0, EIGHT);
    sample.add(0, EIGHT - 1);
    sample.add(0, EIGHT - 999);
    sample.add(0, EIGHT - 1_000);
    sample.add(0, EIGHT - 45_000);

    assertThat(
        sample.buckets(),
        contains(
            new LatenessSample.Bucket("none", 2),
            new LatenessSample.Bucket("< 1 s", 2),
            new LatenessSample.Bucket("< 10 s", 1),
            new LatenessSample.Bucket("< 30 s", 0),
            new LatenessSample.Bucket("< 1 min", 1)));
  }

  @Test
  void lastBucketHoldsWhatIsADayBehindOrMore() {
    sample.add(0, EIGHT);
    sample.add(0, EIGHT - Duration.ofDays(3).toMillis());
    List<LatenessSample.Bucket> buckets = sample.buckets();

    assertThat(buckets.get(buckets.size() - 1), is(new LatenessSample.Bucket(">= 24 h", 1)));
  }

  @Test
  void bucketsSumUpToTheDatedRecords() {
    SplittableRandom random = new SplittableRandom(20260527);
    for (int i = 0; i < 20_000; i++) {
      // From milliseconds to days.
      long behind = (long) Math.pow(10, random.nextDouble() * 8.5);
      sample.add(random.nextInt(4), EIGHT + i - behind);
      if (i % 100 == 0) {
        sample.add(0, EventTime.UNUSABLE);
      }
    }

    assertThat(
        sample.buckets().stream().mapToLong(LatenessSample.Bucket::count).sum(),
        is(sample.dated()));
    assertThat(sample.dated(), is(20_000L));
    assertThat(sample.undated(), is(200L));
  }

  @Test
  void emptySampleHasOneEmptyBucket() {
    assertThat(sample.buckets(), contains(new LatenessSample.Bucket("none", 0)));
    assertThat(sample.dated(), is(0L));
    assertThat(sample.behind(), is(0L));
  }

  /** The value, but for what the third digit can't tell. */
  private static Matcher<Long> threeDigits(long value) {
    return is(both(greaterThan(value - value / 500)).and(lessThan(value + value / 500)));
  }
}
