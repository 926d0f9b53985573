package dev.millrace.runners.cli;

import dev.millrace.runners.certify.Certificate;
import dev.millrace.runners.certify.Certification;
import dev.millrace.runners.certify.Site;
import dev.millrace.runners.launch.EmbeddedFlink;
import dev.millrace.runners.local.Installation;
import dev.millrace.runners.local.LocalStack;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Proves that batch and stream leave the same rows. */
@Command(
    name = "certify",
    description =
        "Prove that a pipeline's tables don't depend on how its records come. "
            + "Made-up events are run as a batch on DirectRunner and on Flink, and as a live "
            + "stream, shuffled, with duplicates, late records, junk and failures; then all "
            + "tables are compared, and a certificate of a page is printed.",
    sortOptions = false,
    showDefaultValues = true,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Brings its own servers, which are gone afterwards; takes some three minutes.",
      "Exit code 1 if anything differs.",
    })
final class CertifyCommand implements Callable<Integer>, TellsAllMistakes {

  @Parameters(paramLabel = "PIPELINE", description = "orders or traffic.")
  private @Nullable String pipeline;

  @Option(names = "--events", description = "How many.")
  private long events = 200_000;

  @Option(names = "--seed", description = "The same seed, the same records and failures.")
  private long seed = 1;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    check();
    // Another one may be at it.
    Path home = Stacks.current().home().resolve("certify-" + ProcessHandle.current().pid());
    LocalStack stack = new LocalStack(Installation.current(), home);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(stack), "stop-certify"));
    stack.startWithoutFlink(System.out::println);
    try (EmbeddedFlink flink = EmbeddedFlink.start()) {
      Site site =
          new Site(
              stack.kafka().address(),
              stack.postgres()::freshDatabase,
              flink.address(),
              flink.jobJars(),
              Version.current());
      Certificate certificate = Certification.of(pipeline, events, seed, site).run();
      System.out.println();
      System.out.println(certificate);
      return certificate.isEqual() ? 0 : 1;
    } catch (SQLException e) {
      throw new FailedException(Causes.describe(e), e);
    }
  }

  /** Also when it fails or is interrupted: nothing is left. */
  private static void end(LocalStack stack) {
    System.out.println("Stopping the servers ...");
    stack.purge(line -> {});
  }

  private void check() {
    List<String> mistakes = Mistakes.ofParsingAndUnknown(spec);
    if (pipeline != null && !Certification.pipelines().contains(pipeline)) {
      mistakes.add(
          "'%s' is no pipeline: it is %s"
              .formatted(pipeline, String.join(" or ", Certification.pipelines())));
    }
    if (events < 100) {
      mistakes.add("--events=" + events + " is too few: it is 100 or more");
    }
    if (!mistakes.isEmpty()) {
      throw new UsageException(mistakes);
    }
  }
}
