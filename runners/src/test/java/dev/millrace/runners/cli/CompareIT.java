package dev.millrace.runners.cli;

import static dev.millrace.runners.support.Tables.execute;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import dev.millrace.io.jdbc.Database;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two tables, compared. */
class CompareIT {
  @TempDir Path directory;

  private Map<String, String> environment;
  private Database database;

  @BeforeEach
  void twoTables() {
    database = SharedStack.freshDatabase("it_compare");
    environment = SharedStack.environment(database);
    execute(
        database,
        """
        create table public.a (id text primary key, amount numeric, note text, old int);
        create table public.b (id text primary key, amount numeric, note text, young int);
        insert into public.a values
          ('same', 1.50, 'x', 1), ('gone', 2, null, 1), ('paid', 3, null, 1), ('near', 4.00, 'x', 1);
        insert into public.b values
          ('same', 1.50, 'x', 1), ('new', 5, '<b>', 1), ('paid', 3, '"x"', 1), ('near', 4.01, 'x', 1)
        """);
  }

  @Test
  void textShowsSumsAndEachRowThatDiffers() {
    Cli.Ended compared = Cli.run(environment, "compare", "public.a", "public.b");

    assertThat(compared.output(), compared.code(), is(1));
    for (String part :
        new String[] {
          "Only one has the column old",
          "Only one has the column young",
          "4 rows differ: 1 missing in public.b, 1 extra in it, 2 changed (amount in 1, note in 1)",
          "amount: 4.00 -> 4.01",
          "note: null -> \"x\"",
        }) {
      assertThat(compared.output(), containsString(part));
    }
    assertThat(compared.output(), not(containsString("same")));
  }

  @Test
  void numbersMayDifferByTheToleranceAndRowsByTheKeyThatIsGiven() {
    assertThat(
        Cli.run(environment, "compare", "public.a", "public.b", "--tolerance=0.01").output(),
        containsString("3 rows differ"));
    Cli.Ended noKey = Cli.run(environment, "compare", "public.a", "public.b", "--key=amount,note");
    assertThat(noKey.output(), containsString("6 rows differ"));
    execute(database, "update public.b set note = 'x'; update public.b set amount = 1");
    assertThat(
        Cli.run(environment, "compare", "public.a", "public.b", "--key=note").output(),
        containsString("(note) is no key of"));
  }

  @Test
  void jsonHasAllOfItAndHtmlIsAPageOfItsOwn() throws IOException {
    Path json = directory.resolve("c.json");
    Path html = directory.resolve("c.html");

    Cli.Ended written =
        Cli.run(
            environment, "compare", "public.a", "public.b", "--format=json", "--output=" + json);
    Cli.run(environment, "compare", "public.a", "public.b", "--format=html", "--output=" + html);

    assertThat(written.output(), containsString("4 rows differ: see " + json));
    String compact = Files.readString(json).replaceAll("\\s+", "");
    assertThat(compact, containsString("\"rows_a\":4,\"rows_b\":4"));
    assertThat(compact, containsString("{\"column\":\"amount\",\"sum_a\":10.50,\"sum_b\":13.51"));
    assertThat(
        compact,
        containsString(
            "{\"row\":\"changed\",\"key\":{\"id\":\"paid\"},\"columns\":{\"note\":{\"a\":null,\"b\":\"\\\"x\\\"\"}}}"));
    assertThat(compact, containsString("\"columns_in_one_only\":[\"old\",\"young\"]"));
    String page = Files.readString(html);
    assertThat(page, containsString("<tr class=\"missing\"><td>missing</td><td>gone</td>"));
    assertThat(page, containsString("&lt;b&gt;"));
    assertThat(page, not(containsString("<b>")));
  }

  @Test
  void equalTablesEndWithZero() {
    Cli.Ended same = Cli.run(environment, "compare", "public.a", "public.a");

    assertThat(same.output(), same.code(), is(0));
    assertThat(same.output(), containsString("No row differs"));
  }

  @Test
  void allMistakesAreToldAtOnce() {
    Cli.Ended mistaken =
        Cli.run(environment, "compare", "public.a", "--format=pdf", "--tolerance=-1", "--rows=-2");

    assertThat(mistaken.output(), mistaken.code(), is(2));
    assertThat(mistaken.output(), containsString("compare takes two tables"));
    assertThat(mistaken.output(), containsString("--format=pdf is none"));
    assertThat(mistaken.output(), containsString("--tolerance=-1 is none"));
    assertThat(mistaken.output(), containsString("--rows=-2 is none"));
    Cli.Ended none = Cli.run(environment, "compare", "public.a", "public.c");
    assertThat(none.output(), none.code(), is(1));
    assertThat(none.output(), containsString("there is no table public.c"));
  }
}
