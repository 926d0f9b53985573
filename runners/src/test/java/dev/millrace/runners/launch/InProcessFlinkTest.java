package dev.millrace.runners.launch;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;

import java.nio.file.Path;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.junit.jupiter.api.Test;

class InProcessFlinkTest {

  @Test
  void checkpointsGoToFilesSinceFlinkTakesFiveMegabytesInMemoryOnly() {
    Path directory = InProcessFlink.configuration();

    Configuration read = GlobalConfiguration.loadConfiguration(directory.toString());

    assertThat(
        read.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY),
        startsWith(directory.toUri().toString()));
    assertThat(read.get(CoreOptions.TMP_DIRS), is(directory.resolve("tmp").toString()));
  }
}
