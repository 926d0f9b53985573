package dev.millrace.io.jdbc;

import dev.millrace.transforms.time.TimeRange;
import java.io.Serializable;
import java.time.ZoneOffset;
import java.util.List;

/**
 * A table whose rows belong to days: a repair makes those of a day anew, beside the live ones, and
 * then takes their place.
 *
 * @param schema of the live table
 * @param name of it, and of its shadow
 * @param key its primary key
 * @param time the column by which a row belongs to a day, UTC: a date or a timestamptz
 * @param bookkeeping columns that say how a row came about, in which equal rows may differ
 */
public record DailyTable(
    String schema, String name, List<String> key, String time, List<String> bookkeeping)
    implements Serializable {

  public DailyTable {
    key = List.copyOf(key);
    bookkeeping = List.copyOf(bookkeeping);
  }

  /** The live table. */
  public String live() {
    return schema + "." + name;
  }

  /** The table in a place. */
  public String in(TablePlace place) {
    return place.name(schema, name);
  }

  /** The rows of a range of time in a place, as something to select from. */
  public String rows(TablePlace place, TimeRange range) {
    return "(select * from %s x where %s)".formatted(in(place), isIn("x", range));
  }

  /** The condition of a row's belonging to a range of time. */
  public String isIn(String alias, TimeRange range) {
    if (range.equals(TimeRange.ALWAYS)) {
      return "true";
    }
    return "%1$s.%2$s >= timestamptz '%3$s' and %1$s.%2$s < timestamptz '%4$s'"
        .formatted(
            alias,
            time,
            range.start().atOffset(ZoneOffset.UTC),
            range.end().atOffset(ZoneOffset.UTC));
  }
}
