package dev.millrace.transforms.window;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.testing.CoderProperties;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class WindowProgressTest {
  private final WindowProgress.ProgressCoder coder = new WindowProgress.ProgressCoder();

  @Test
  void progressSurvivesItsCoder() throws Exception {
    CoderProperties.coderDecodeEncodeEqual(coder, WindowProgress.begun(false));
    CoderProperties.coderDecodeEncodeEqual(coder, WindowProgress.begun(true).plus(17));
    CoderProperties.coderDecodeEncodeEqual(
        coder, new WindowProgress(false, true, Integer.MAX_VALUE, 300));
  }

  @Test
  void bytesOfAnotherVersionAreRefused() {
    CoderException refusal =
        assertThrows(
            CoderException.class, () -> CoderUtils.decodeFromByteArray(coder, new byte[] {9, 0}));

    assertThat(refusal.getMessage(), containsString("WindowProgress of version 9"));
  }
}
