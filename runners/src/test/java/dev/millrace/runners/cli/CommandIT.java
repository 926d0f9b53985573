package dev.millrace.runners.cli;

import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.number;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.io.kafka.LogPosition;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.runners.support.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command says when it can't do what it was asked. */
class CommandIT {
  private static final String SAMPLES = "--input=samples/retail-orders/*.jsonl.gz";

  private Database database;
  private Map<String, String> environment;

  @BeforeEach
  void freshTables() {
    database = SharedStack.freshDatabase("it_command");
    environment = SharedStack.environment(database);
  }

  @Test
  void allMistakesAreToldAtOnce() {
    Cli.Ended ended =
        run(
            "run",
            "orders",
            "--source=files",
            "--input=nowhere/*.jsonl",
            "--allowedLateness=soon",
            "--nonsense=1",
            "--runner=SparkRunner",
            "--parallelism=0");

    assertFailed(ended, 2);
    for (String mistake :
        new String[] {
          "--input=nowhere/*.jsonl matches no file",
          "'soon' is no duration",
          "unknown option: --nonsense",
          "--runner=SparkRunner is none",
          "--parallelism=0 is none"
        }) {
      assertThat(ended.output(), containsString(mistake));
    }
  }

  @Test
  void mistakeInOneOptionHidesNoneOfTheOthers() {
    Cli.Ended run =
        run("run", "orders", "--source=kafka", "--allowedLateness=soon", "--start=never");
    assertFailed(run, 2);
    assertThat(run.output(), containsString("'soon' is no duration"));
    assertThat(run.output(), containsString("--start=never is no position"));
    assertThat(run.output(), containsString("--source=kafka needs --topic"));

    Cli.Ended feed =
        run("feed", "cars", "--input=nowhere/*", "--duplicates=2", "--timestamp=never", "--x=1");
    assertFailed(feed, 2);
    assertThat(feed.output(), containsString("'2' is no percentage"));
    assertThat(feed.output(), containsString("'cars' is no pipeline"));
    assertThat(feed.output(), containsString("--input=nowhere/* matches no file"));
    assertThat(feed.output(), containsString("--timestamp=never is none"));
    assertThat(feed.output(), containsString("--topic"));
    assertThat(feed.output(), containsString("--x"));
  }

  @Test
  void optionsOfTheOtherSourceAreAMistake() {
    Cli.Ended ended = run("run", "orders", "--source=files", SAMPLES, "--topic=t");

    assertFailed(ended, 2);
    assertThat(ended.output(), containsString("--topic has no meaning with --source=files"));
  }

  @Test
  void optionsWithoutAMeaningAreToldAtOnce() {
    Cli.Ended ended =
        run(
            "run",
            "traffic",
            "--source=files",
            SAMPLES,
            "--idleAfter=1m",
            "--group=g",
            "--earlyFiring=5s",
            "--outputs=5m,10m",
            "--delivery=twice");

    assertFailed(ended, 2);
    for (String mistake :
        new String[] {
          "--idleAfter has no meaning with --source=files",
          "--group has no meaning with --source=files",
          "--earlyFiring has a meaning with --source=kafka only",
          "--outputs=10m is none",
          "--delivery needs --outputTopic",
          "--delivery=twice is none"
        }) {
      assertThat(ended.output(), containsString(mistake));
    }
  }

  @Test
  void mistakesOfTheSmallCommandsAreToldAtOnce() {
    Cli.Ended generate = run("generate", "cars", "--events=0", "--startTime=noon", "--x=1");
    assertFailed(generate, 2);
    assertThat(generate.output(), containsString("--output"));
    assertThat(generate.output(), containsString("'cars' has no made-up events"));
    assertThat(generate.output(), containsString("--events=0 is none"));
    assertThat(generate.output(), containsString("--startTime=noon is no time"));
    assertThat(generate.output(), containsString("--x=1"));

    Cli.Ended lateness = run("lateness", "--records=0", "--kafkaProperties=nowhere");
    assertFailed(lateness, 2);
    assertThat(lateness.output(), containsString("--topic"));
    assertThat(lateness.output(), containsString("--records=0 is none"));
    assertThat(lateness.output(), containsString("--kafkaProperties=nowhere can't be read"));
  }

  @Test
  void madeUpEventsAreFedAndTheirLatenessIsMeasured(@TempDir Path directory) {
    String file = directory.resolve("visits.jsonl.gz").toString();
    Cli.Ended made = run("generate", "traffic", "--output=" + file, "--events=20000");
    assertThat(made.output(), made.code(), is(0));
    assertThat(made.output(), containsString("Wrote 20,000 events"));
    Cli.Ended fed =
        run("feed", "traffic", "--input=" + file, "--topic=it-lateness", "--disorder=20s");
    assertThat(fed.output(), fed.code(), is(0));

    Cli.Ended lateness = run("lateness", "--topic=it-lateness");
    assertThat(lateness.output(), lateness.code(), is(0));
    assertThat(
        lateness.output(), containsString("20,000 records with an event time from 4 partitions"));
    assertThat(lateness.output(), containsString("Recommended: --outOfOrderness=20s"));

    Cli.Ended missing = run("lateness", "--topic=it-nowhere");
    assertFailed(missing, 1);
    assertThat(missing.output(), containsString("topic 'it-nowhere' doesn't exist"));
  }

  @Test
  void streamThatCountsDoesNotBeginInTheMiddleUnawares() {
    Topics.create("it-middle", 1);
    byte[] event = "{}".getBytes(StandardCharsets.UTF_8);
    Topics.send(List.of(Topics.record("it-middle", 0, Instant.EPOCH, null, event)));
    KafkaTopic topic =
        new KafkaTopic(Topics.servers(), "it-middle", "millrace-traffic-it-middle", Map.of());
    LogPosition.latest().place(topic);

    Cli.Ended ended = run("run", "traffic", "--source=kafka", "--topic=it-middle");

    assertFailed(ended, 2);
    assertThat(ended.output(), containsString("has read topic it-middle before"));
    assertThat(ended.output(), containsString("--savepointPath"));
    assertThat(number(database, "select count(*) from ops.runs"), is(0L));
  }

  @Test
  void jobThatIsNotThereCannotBeStopped() {
    String master = "--flinkMaster=" + SharedStack.get().flink().address();
    Cli.Ended ended = run("stop", "it-nothing", master);

    assertFailed(ended, 1);
    assertThat(ended.output(), containsString("there is no job it-nothing"));
  }

  @Test
  void unknownCommandsAndPipelinesAreAMistake() {
    assertFailed(run("fly"), 2);
    assertFailed(run("run", "nothing"), 2);
    assertFailed(run("feed", "nothing", SAMPLES, "--topic=t"), 2);
    assertFailed(run("feed", "orders", SAMPLES, "--topic=t", "--duplicates=2"), 2);
    assertFailed(run("run"), 2);
  }

  @Test
  void helpListsTheOptionsWithTheirDefaults() {
    Cli.Ended ended = run("run", "orders", "--help");

    assertThat(ended.code(), is(0));
    assertThat(ended.output(), containsString("--allowedLateness"));
    assertThat(ended.output(), containsString("Default: 1d"));
  }

  @Test
  void wrongPasswordIsToldWithoutPrintingIt() {
    environment.put("MILLRACE_JDBC_PASSWORD", "hunter2");

    Cli.Ended ended = run("run", "orders", "--source=files", SAMPLES);

    assertFailed(ended, 1);
    assertThat(ended.output(), containsString("refuses user 'millrace'"));
    assertThat(ended.output(), containsString("MILLRACE_JDBC_PASSWORD"));
    assertThat(ended.output(), not(containsString("hunter2")));
  }

  @Test
  void databaseThatIsAwayIsTold() {
    environment.put("MILLRACE_JDBC_URL", "jdbc:postgresql://127.0.0.1:1/x");

    Cli.Ended ended = run("run", "orders", "--source=files", SAMPLES);

    assertFailed(ended, 1);
    assertThat(ended.output(), containsString("no PostgreSQL answers at"));
  }

  @Test
  void brokerThatIsAwayIsTold() {
    Cli.Ended ended =
        run("run", "orders", "--source=kafka", "--topic=t", "--bootstrapServers=127.0.0.1:1");

    assertFailed(ended, 1);
    assertThat(ended.output(), containsString("no Kafka broker answers at 127.0.0.1:1"));
  }

  @Test
  void topicThatIsMissingIsTold() {
    Cli.Ended ended = run("run", "orders", "--source=kafka", "--topic=it-nowhere");

    assertFailed(ended, 1);
    assertThat(ended.output(), containsString("topic 'it-nowhere' doesn't exist"));
  }

  @Test
  void clusterThatIsAwayIsTold() {
    Cli.Ended ended =
        run(
            "run",
            "orders",
            "--source=files",
            SAMPLES,
            "--runner=FlinkRunner",
            "--flinkMaster=127.0.0.1:1");

    assertFailed(ended, 1);
    assertThat(ended.output(), containsString("no Flink cluster answers at 127.0.0.1:1"));
  }

  @Test
  void missingTableAndMissingConstraintAreToldTogetherBeforeAnyRowIsWritten() {
    execute(database, "alter table silver.orders_clean drop constraint orders_clean_pkey");
    execute(database, "drop table ops.dead_letters");

    Cli.Ended ended = run("run", "orders", "--source=files", SAMPLES);

    assertFailed(ended, 1);
    assertThat(ended.output(), containsString("table ops.dead_letters is missing"));
    assertThat(
        ended.output(),
        containsString("table silver.orders_clean has no unique constraint on (order_id)"));
    assertThat(number(database, "select count(*) from silver.orders_clean"), is(0L));
  }

  @Test
  void stackTraceIsShownWhenAskedFor() {
    Cli.Ended ended = run("run", "orders", "--source=kafka", "--topic=it-nowhere", "--verbose");

    assertThat(ended.code(), is(1));
    assertThat(ended.output(), containsString("\tat dev.millrace."));
  }

  @Test
  void sqlPrintsRowsAsTableOrCsv() {
    Cli.Ended table = run("sql", "select 1 as a, 'x,y' as b, null as c");
    assertThat(table.output(), table.code(), is(0));
    assertThat(table.output(), containsString("| a | b   | c |"));
    assertThat(table.output(), containsString("(1 row)"));

    Cli.Ended csv = run("sql", "--csv", "select 1 as a, 'x,y' as b, null as c;");
    assertThat(csv.output(), is("a,b,c\n1,\"x,y\",\n"));

    Cli.Ended wrong = run("sql", "select * from nowhere");
    assertFailed(wrong, 1);
    assertThat(wrong.output(), containsString("relation \"nowhere\" does not exist"));
  }

  private Cli.Ended run(String... arguments) {
    return Cli.run(environment, arguments);
  }

  private static void assertFailed(Cli.Ended ended, int code) {
    assertThat(ended.output(), ended.code(), is(code));
    assertThat(ended.output(), not(containsString("\tat ")));
  }
}
