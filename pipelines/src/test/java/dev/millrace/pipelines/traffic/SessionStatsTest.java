package dev.millrace.pipelines.traffic;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;

class SessionStatsTest {
  private static final Coder<SessionStats> CODER = new SessionStats.StatsCoder();
  private static final UserSessions SESSIONS = new UserSessions();

  @Test
  void countsEveryEventAndEachPageOnceInOrder() {
    SessionStats stats = SESSIONS.add(null, event("/pay"));
    stats = SESSIONS.add(stats, event("/cart"));
    stats = SESSIONS.add(stats, event("/pay"));
    stats = SESSIONS.add(stats, event(null));

    assertThat(stats, is(new SessionStats(4, List.of("/cart", "/pay"))));
  }

  @Test
  void sessionOfEventsWithoutPagesHasNone() {
    SessionStats stats = SESSIONS.add(SESSIONS.add(null, event(null)), event(null));

    assertThat(stats, is(new SessionStats(2, List.of())));
  }

  @Test
  void isKeyedByTheUser() {
    assertThat(SESSIONS.key(event("/")), is("u-7"));
  }

  @Test
  void orderOfMergingDoesNotMatter() {
    Random random = new Random(20260526);
    for (int round = 0; round < 500; round++) {
      List<SessionStats> parts = new ArrayList<>();
      TreeSet<String> pages = new TreeSet<>();
      for (int i = random.nextInt(1, 12); i > 0; i--) {
        String page = random.nextInt(4) == 0 ? null : "/" + random.nextInt(6);
        parts.add(SESSIONS.add(null, event(page)));
        if (page != null) {
          pages.add(page);
        }
      }
      SessionStats expected = new SessionStats(parts.size(), List.copyOf(pages));
      Collections.shuffle(parts, random);

      assertThat(merged(parts, random), is(expected));
    }
  }

  @Test
  void survivesEncoding() throws CoderException {
    SessionStats stats = new SessionStats(1L << 40, List.of("/", "/größe 😀"));
    SessionStats pageless = new SessionStats(1, List.of());

    assertThat(CoderUtils.clone(CODER, stats), is(stats));
    assertThat(CoderUtils.clone(CODER, pageless), is(pageless));
  }

  @Test
  void coderRefusesTheVersionOfALaterRelease() throws CoderException {
    byte[] bytes = CoderUtils.encodeToByteArray(CODER, new SessionStats(1, List.of()));
    bytes[0] = 99;

    CoderException e =
        assertThrows(CoderException.class, () -> CoderUtils.decodeFromByteArray(CODER, bytes));

    assertThat(e.getMessage(), containsString("version 99"));
  }

  /** Neighbours first, in any grouping. */
  private static SessionStats merged(List<SessionStats> parts, Random random) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    int cut = random.nextInt(1, parts.size());
    return SESSIONS.merge(
        merged(parts.subList(0, cut), random), merged(parts.subList(cut, parts.size()), random));
  }

  private static Event event(@Nullable String page) {
    return new Event("e", "US", "u-7", page, null, null);
  }
}
