package dev.millrace.transforms.record;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class OriginTest {

  @Test
  void isOrderedBySystemTopicPartitionOffset() {
    Origin a = new Origin("file", "z", 9, 9);
    Origin b = new Origin("kafka", "a", 2, 7);
    Origin c = new Origin("kafka", "a", 10, 1);
    Origin d = new Origin("kafka", "a", 10, 2);
    Origin e = new Origin("kafka", "b", 0, 0);
    List<Origin> shuffled = new ArrayList<>(List.of(e, c, a, d, b));

    Collections.sort(shuffled);

    assertThat(shuffled, contains(a, b, c, d, e));
  }

  @Test
  void comparesTopicsByCodePointAsTheDatabaseDoes() {
    // U+FF21 stands below U+1F600, though its UTF-16 unit is above that one's first.
    Origin fullWidthLetter = new Origin("file", "\uFF21", 0, 0);
    Origin emoji = new Origin("file", "\uD83D\uDE00", 0, 0);
    List<Origin> shuffled = new ArrayList<>(List.of(emoji, fullWidthLetter));

    Collections.sort(shuffled);

    assertThat(shuffled, contains(fullWidthLetter, emoji));
  }
}
