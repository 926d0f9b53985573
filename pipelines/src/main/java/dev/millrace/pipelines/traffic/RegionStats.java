package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.window.AggregateByWindow;
import dev.millrace.transforms.window.ValueStats;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Events of a region: their number, and their values. */
final class RegionStats implements AggregateByWindow.Aggregation<Event, ValueStats> {
  private static final long serialVersionUID = 1L;

  @Override
  public String key(Event event) {
    return event.region();
  }

  @Override
  public ValueStats add(@Nullable ValueStats stats, Event event) {
    return (stats == null ? ValueStats.NONE : stats).plus(event.value());
  }

  @Override
  public ValueStats merge(ValueStats one, ValueStats other) {
    return one.plus(other);
  }
}
