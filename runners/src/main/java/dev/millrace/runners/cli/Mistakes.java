package dev.millrace.runners.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the parser has found wrong, for commands that report it together with what they find. */
final class Mistakes {
  private Mistakes() {}

  /** The parser's mistakes but for unknown options, which may be the runner's. */
  static List<String> ofParsing(CommandSpec spec) {
    return spec.commandLine().getParseResult().errors().stream()
        .filter(each -> !(each instanceof UnmatchedArgumentException))
        .map(Exception::getMessage)
        .toList();
  }

  /** All of the parser's mistakes. */
  static List<String> ofParsingAndUnknown(CommandSpec spec) {
    List<String> mistakes = new ArrayList<>(ofParsing(spec));
    spec.commandLine()
        .getParseResult()
        .unmatched()
        .forEach(each -> mistakes.add("unknown option: " + each));
    return mistakes;
  }
}
