package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.window.AggregateByWindow;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Events of a user. */
final class UserSessions implements AggregateByWindow.Aggregation<Event, SessionStats> {
  private static final long serialVersionUID = 1L;

  @Override
  public String key(Event event) {
    return event.userId();
  }

  @Override
  public SessionStats add(@Nullable SessionStats stats, Event event) {
    SessionStats its = SessionStats.of(event);
    return stats == null ? its : stats.plus(its);
  }

  @Override
  public SessionStats merge(SessionStats one, SessionStats other) {
    return one.plus(other);
  }
}
