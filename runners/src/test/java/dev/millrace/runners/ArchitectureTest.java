package dev.millrace.runners;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.apache.beam.sdk.io.Source;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;

/**
 * The rules that keep the modules apart; their reasons are in docs/adr/0007-architecture-rules.md.
 */
@AnalyzeClasses(packages = "dev.millrace", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule DEPENDENCIES_GO_ONE_WAY =
      noClasses()
          .that()
          .resideInAPackage("dev.millrace.transforms..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.millrace.io..", "dev.millrace.pipelines..", "dev.millrace.runners..");

  @ArchTest
  static final ArchRule IO_KNOWS_NO_PIPELINE =
      noClasses()
          .that()
          .resideInAPackage("dev.millrace.io..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.millrace.pipelines..", "dev.millrace.runners..");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("dev.millrace.(*).(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule ONLY_LAUNCHING_KNOWS_RUNNERS =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.millrace.runners.launch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.beam.runners..", "org.apache.flink..");

  @ArchTest
  static final ArchRule TRANSFORMS_AND_IO_NEVER_SEE_PIPELINE_OPTIONS =
      noClasses()
          .that()
          .resideInAnyPackage("dev.millrace.transforms..", "dev.millrace.io..")
          .and()
          .areNotAssignableTo(Source.class) // Its methods have them; ours look at none.
          .should()
          .dependOnClassesThat()
          .areAssignableTo(PipelineOptions.class);

  @ArchTest
  static final ArchRule DO_FNS_ARE_PRIVATE =
      classes()
          .that()
          .areAssignableTo(DoFn.class)
          .should()
          .bePrivate()
          .andShould()
          .haveSimpleNameEndingWith("Fn");

  @ArchTest
  static final ArchRule NAMES_SAY_WHAT_THINGS_ARE =
      noClasses()
          .should()
          .haveSimpleNameEndingWith("Manager")
          .orShould()
          .haveSimpleNameEndingWith("Helper")
          .orShould()
          .haveSimpleNameEndingWith("Util")
          .orShould()
          .haveSimpleNameEndingWith("Utils")
          .orShould()
          .haveSimpleNameEndingWith("Impl")
          .orShould()
          .haveSimpleNameEndingWith("Processor");
}
