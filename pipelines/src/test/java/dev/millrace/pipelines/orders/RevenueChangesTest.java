package dev.millrace.pipelines.orders;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.is;

import java.math.BigDecimal;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class RevenueChangesTest {
  private static final LocalDate MONDAY = LocalDate.parse("2026-05-25");
  private static final LocalDate TUESDAY = LocalDate.parse("2026-05-26");

  private final RevenueChanges changes = new RevenueChanges();

  @Test
  void sumsByRegionAndDayInTheOrderOfTheKeys() {
    changes.add("US", TUESDAY, new BigDecimal("0.10"));
    changes.add("EU", TUESDAY, new BigDecimal("5.00"));
    changes.add("US", MONDAY, new BigDecimal("1.00"));
    changes.add("US", TUESDAY, new BigDecimal("0.20"));

    assertThat(
        changes.list(),
        contains(
            new RevenueChanges.Change("EU", TUESDAY, new BigDecimal("5.00"), 1),
            new RevenueChanges.Change("US", MONDAY, new BigDecimal("1.00"), 1),
            new RevenueChanges.Change("US", TUESDAY, new BigDecimal("0.30"), 2)));
  }

  @Test
  void correctionOfTheRegionMovesTheOrder() {
    changes.subtract("US", MONDAY, new BigDecimal("7.00"));
    changes.add("EU", MONDAY, new BigDecimal("8.00"));

    assertThat(
        changes.list(),
        contains(
            new RevenueChanges.Change("EU", MONDAY, new BigDecimal("8.00"), 1),
            new RevenueChanges.Change("US", MONDAY, new BigDecimal("-7.00"), -1)));
  }

  @Test
  void correctionThatKeepsRegionDayAndAmountChangesNothing() {
    changes.subtract("US", MONDAY, new BigDecimal("7.00"));
    changes.add("US", MONDAY, new BigDecimal("7.0"));

    assertThat(changes.isEmpty(), is(true));
  }
}
