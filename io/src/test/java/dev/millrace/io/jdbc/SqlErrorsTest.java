package dev.millrace.io.jdbc;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlErrorsTest {

  @ParameterizedTest
  @CsvSource({
    "08001,true,false",
    "08006,true,false",
    "57P01,true,false",
    "57P03,true,false",
    "53300,true,false",
    "40001,true,false",
    "40P01,true,false",
    "22001,false,true",
    "22003,false,true",
    "23514,false,true",
    "54000,false,true",
    "P0001,false,true",
    "28P01,false,false",
    "42P01,false,false",
    "57014,false,false",
  })
  void onlyAbsenceIsRetriedAndOnlyDataIsRefused(String state, boolean isTransient, boolean data) {
    SQLException e = new SQLException("x", state);

    assertThat(SqlErrors.isTransient(e), is(isTransient));
    assertThat(SqlErrors.isData(e), is(data));
  }

  @Test
  void poolTimeoutIsJudgedByWhatKeptItFromConnecting() {
    SQLException busy = new SQLTransientConnectionException("timed out");
    SQLException down =
        new SQLTransientConnectionException("timed out", null, new SQLException("x", "08001"));
    SQLException refused =
        new SQLTransientConnectionException("timed out", null, new SQLException("x", "28P01"));

    assertThat(SqlErrors.isTransient(busy), is(true));
    assertThat(SqlErrors.isTransient(down), is(true));
    assertThat(SqlErrors.isTransient(refused), is(false));
  }
}
