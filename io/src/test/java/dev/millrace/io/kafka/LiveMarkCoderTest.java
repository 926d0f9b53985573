package dev.millrace.io.kafka;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class LiveMarkCoderTest {
  private static final long EIGHT = Instant.parse("2026-05-26T08:00:00Z").toEpochMilli();

  private static final LiveMark MARK =
      new LiveMark(
          EIGHT - 30_000,
          List.of(
              new LiveMark.Partition(0, 1_042, EIGHT, 0),
              new LiveMark.Partition(3, 1L << 40, EIGHT + 1_500, 61_000)),
          null);

  /** {@link #MARK} as the first release has written it: never to be changed. */
  private static final String MARK_IN_VERSION_1 =
      "01" // The version.
          + "d085af9ae633" // The watermark.
          + "02" // Two partitions, each with its number, next offset, newest and silence.
          + "00920880f0b09ae63300"
          + "03808080808020dcfbb09ae633c8dc03";

  private static final LiveMark FRESH =
      new LiveMark(
          ReaderWatermark.MIN, List.of(new LiveMark.Partition(1, 0, ReaderWatermark.MIN, 0)), null);

  private static final String FRESH_IN_VERSION_1 =
      "01" + "89d8f2d0c5ecceefff01" + "01" + "010089d8f2d0c5ecceefff0100";

  @Test
  void keepsEveryField() throws CoderException {
    assertThat(CoderUtils.clone(LiveMarkCoder.of(), MARK), is(MARK));
  }

  @Test
  void keepsTheWatermarkBeforeEveryEvent() throws CoderException {
    assertThat(CoderUtils.clone(LiveMarkCoder.of(), FRESH), is(FRESH));
  }

  @Test
  void keepsAReaderWithoutPartitions() throws CoderException {
    LiveMark none = new LiveMark(EIGHT, List.of(), null);

    assertThat(CoderUtils.clone(LiveMarkCoder.of(), none), is(none));
  }

  @Test
  void readsTheBytesOfVersion1() throws CoderException {
    assertThat(decoded(MARK_IN_VERSION_1), is(MARK));
    assertThat(decoded(FRESH_IN_VERSION_1), is(FRESH));
  }

  @Test
  void writesTheBytesOfVersion1() throws CoderException {
    assertThat(encoded(MARK), is(MARK_IN_VERSION_1));
    assertThat(encoded(FRESH), is(FRESH_IN_VERSION_1));
  }

  @Test
  void refusesTheVersionOfALaterReleaseAndSaysWhatToDo() {
    CoderException e =
        assertThrows(CoderException.class, () -> decoded("63" + MARK_IN_VERSION_1.substring(2)));

    assertThat(e.getMessage(), containsString("version 99"));
    assertThat(e.getMessage(), containsString("resume it with that release"));
  }

  @Test
  void aRestoredMarkHasNothingToCommit() throws CoderException {
    decoded(MARK_IN_VERSION_1).finalizeCheckpoint(); // There is no reader: it does nothing.
  }

  private static LiveMark decoded(String hex) throws CoderException {
    return CoderUtils.decodeFromByteArray(LiveMarkCoder.of(), HexFormat.of().parseHex(hex));
  }

  private static String encoded(LiveMark mark) throws CoderException {
    return HexFormat.of().formatHex(CoderUtils.encodeToByteArray(LiveMarkCoder.of(), mark));
  }
}
