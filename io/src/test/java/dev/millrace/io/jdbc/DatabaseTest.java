package dev.millrace.io.jdbc;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class DatabaseTest {

  @Test
  void printsWithoutItsPassword() {
    Database database = new Database("jdbc:postgresql://localhost/x", "me", "secret");

    assertThat(database.toString(), not(containsString("secret")));
  }

  @Test
  void refusesAPasswordWhereItWouldBePrinted() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Database("jdbc:postgresql://localhost/x?password=secret", "me", ""));

    assertThat(e.getMessage(), containsString("MILLRACE_JDBC_PASSWORD"));
    assertThat(e.getMessage(), not(containsString("secret")));
  }

  @Test
  void refusesOtherDatabases() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Database("jdbc:mysql://localhost/x", "me", ""));

    assertThat(e.getMessage(), containsString("jdbc:postgresql:"));
  }
}
