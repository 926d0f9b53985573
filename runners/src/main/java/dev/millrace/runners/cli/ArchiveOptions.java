package dev.millrace.runners.cli;

import dev.millrace.runners.local.Environment;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;

/** Where archives are. */
final class ArchiveOptions {

  @Option(
      names = "--archive",
      paramLabel = "DIRECTORY",
      description =
          "Where archives are, one directory for each topic; on a cluster, where all workers reach"
              + " it. Default: $MILLRACE_ARCHIVE, or archive in the local stack's directory.")
  private @Nullable String directory;

  /** The directory, absolute. */
  String root() {
    String given = new Addresses().given(directory, Environment.ARCHIVE);
    return given == null
        ? Stacks.home().resolve("archive").toString()
        : SourceOptions.absolute(given.replaceFirst("/+$", ""));
  }
}
