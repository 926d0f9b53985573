package dev.millrace.runners.certify;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.runners.launch.EmbeddedFlink;
import dev.millrace.runners.support.SharedStack;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    certify(pipeline, seed, flink);
  }

  @ParameterizedTest
  @CsvSource({"orders, 11", "traffic, 12"})
  void withStateInRocksDbToo(String pipeline, long seed) throws Exception {
    try (EmbeddedFlink rocksDb = EmbeddedFlink.start(Map.of("state.backend.type", "rocksdb"))) {
      certify(pipeline, seed, rocksDb);

      assertThat(
          stateBackendsOfStreams(rocksDb.address()),
          everyItem(containsString("EmbeddedRocksDBStateBackend")));
    }
  }

  private static List<String> stateBackendsOfStreams(String master) throws Exception {
    List<String> backends = new ArrayList<>();
    Matcher jobs = Pattern.compile("[0-9a-f]{32}").matcher(get(master, "/jobs"));
    while (jobs.find()) {
      String checkpoints = get(master, "/jobs/" + jobs.group() + "/checkpoints/config");
      if (checkpoints.contains("state_backend")) {
        backends.add(checkpoints);
      }
    }
    assertThat(backends, is(not(empty())));
    return backends;
  }

  private static String get(String master, String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + master + path)).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private static void certify(String pipeline, long seed, EmbeddedFlink flink) throws SQLException {
    Certificate certificate = Certification.of(pipeline, EVENTS, seed, site(flink)).run();

    System.out.println(certificate);
    assertThat(certificate.toString(), certificate.isEqual(), is(true));
  }

  private static Site site(EmbeddedFlink flink) {
    return new Site(
        SharedStack.get().kafka().address(),
        SharedStack.get().postgres()::freshDatabase,
        flink.address(),
        flink.jobJars(),
        "0.1.0");
  }
}
