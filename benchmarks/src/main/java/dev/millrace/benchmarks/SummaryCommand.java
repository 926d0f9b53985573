package dev.millrace.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Puts measurements together. */
@Command(
    name = "summary",
    description = "Print medians and ratios of the lines that 'count' has printed.",
    mixinStandardHelpOptions = true)
final class SummaryCommand implements Runnable {
  @Parameters(paramLabel = "FILE", description = "With such lines.")
  private Path file;

  @Override
  public void run() {
    Summary summary;
    try (var lines = Files.lines(file)) {
      summary = Summary.of(lines.map(Measurement::parse).toList());
    } catch (IOException e) {
      throw new Benchmarks.FailedException(file + " can't be read: " + e.getMessage());
    }
    System.out.print(summary.text());
    List<String> differences = summary.differences();
    if (!differences.isEmpty()) {
      throw new Benchmarks.FailedException(
          "The results differ, so the rates can't be compared:\n" + String.join("\n", differences));
    }
  }
}
