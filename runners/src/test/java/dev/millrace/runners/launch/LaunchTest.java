package dev.millrace.runners.launch;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.startsWith;

import java.util.List;
import org.junit.jupiter.api.Test;

class LaunchTest {

  @Test
  void everyMistakeInTheRunnersOptionsIsFoundAtOnce() {
    assertThat(
        Launch.mistakesIn(
            List.of(
                "--maxBundleSize=5", "--nonsense=1", "--maxBundleTimeMills=soon", "--x", "word")),
        contains(
            startsWith("unknown option: --nonsense"),
            startsWith("--maxBundleTimeMills=soon is not understood"),
            startsWith("unknown option: --x"),
            startsWith("unexpected argument: word")));
  }

  @Test
  void optionsOfBothRunnersAreKnown() {
    assertThat(
        Launch.mistakesIn(List.of("--stateBackend=rocksdb", "--enforceImmutability=false")),
        empty());
  }
}
