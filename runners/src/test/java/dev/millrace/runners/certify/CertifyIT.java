package dev.millrace.runners.certify;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.runners.launch.EmbeddedFlink;
import dev.millrace.runners.support.SharedStack;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates of many seeds. */
class CertifyIT {
  private static final int EVENTS = 2_000;

  private static EmbeddedFlink flink;

  @BeforeAll
  static void startFlink() {
    flink = EmbeddedFlink.start();
  }

  @AfterAll
  static void stopFlink() {
    flink.close();
  }

  @ParameterizedTest
  @CsvSource({
    "orders, 1", "orders, 2", "orders, 3", "orders, 4", "orders, 5",
    "traffic, 6", "traffic, 7", "traffic, 8", "traffic, 9", "traffic, 10",
  })
  void batchAndFailingStreamLeaveTheSameRows(String pipeline, long seed) throws SQLException {
    Certificate certificate = Certification.of(pipeline, EVENTS, seed, site()).run();

    System.out.println(certificate);
    assertThat(certificate.toString(), certificate.isEqual(), is(true));
  }

  static Site site() {
    return new Site(
        SharedStack.get().kafka().address(),
        SharedStack.get().postgres()::freshDatabase,
        flink.address(),
        flink.jobJars(),
        "0.1.0");
  }
}
