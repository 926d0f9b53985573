package dev.millrace.io.jdbc;

import java.io.Serializable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** What the sinks' tests write: a meter's reading of a day, the last one counts. */
record Reading(String meter, LocalDate day, BigDecimal value, Instant readAt)
    implements Serializable {

  static final String TABLE =
      """
      create table silver.readings (
        meter text, day date, value numeric not null check (value >= 0), read_at timestamptz,
        _merged_at timestamptz not null default now(), primary key (meter, day))""";

  static final String BYTES = "select xmin, ctid, r.* from silver.readings r order by meter, day";

  static final String VALUES = "select meter, day, value from silver.readings order by meter, day";

  static Reading of(String meter, String day, String value, String hour) {
    LocalDate date = LocalDate.parse(day);
    return new Reading(
        meter,
        date,
        new BigDecimal(value),
        date.atStartOfDay().plusHours(Long.parseLong(hour)).toInstant(ZoneOffset.UTC));
  }

  static CopiedTable<Reading> table(String name) {
    return new CopiedTable<>(
        "silver",
        name,
        List.of("meter", "day"),
        List.of("meter", "day", "value", "read_at"),
        (reading, copy) -> {
          copy.text(reading.meter());
          copy.date(reading.day());
          copy.numeric(reading.value());
          copy.timestamp(reading.readAt());
        });
  }
}
