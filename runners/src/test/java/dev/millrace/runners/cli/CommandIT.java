package dev.millrace.runners.cli;

import static dev.millrace.runners.support.Tables.execute;
import static dev.millrace.runners.support.Tables.number;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
