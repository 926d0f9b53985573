-- Panes of a window update its row in place. A row is written by the newest (run, attempt, pane);
-- once final, only a newer run changes it.
create table gold.events_5m (
  region       text collate "C" not null,
  window_start timestamptz not null,
  window_end   timestamptz not null,
  count        bigint      not null,
  sum          numeric,
  min          numeric,
  max          numeric,
  avg          numeric,
  pane         bigint      not null,
  timing       text        not null,
  is_final     boolean     not null,
  _run         bigint      not null,
  _attempt     bigint      not null,
  _merged_at   timestamptz not null,
  primary key (region, window_start)
);

comment on table gold.events_5m is 'Events by region in windows of 5 minutes, UTC';
comment on column gold.events_5m.count is 'All events; sum, min, max and avg are of those with a value, null if none has one';
comment on column gold.events_5m.avg is 'sum by the number of values, rounded half up to 6 digits';
comment on column gold.events_5m.pane is 'How often the window had fired before, from 0';
comment on column gold.events_5m.timing is 'EARLY, ON_TIME or LATE by the watermark; UNKNOWN in batch, which knows no panes';
comment on column gold.events_5m.is_final is 'The watermark has passed the end and the allowed lateness';
comment on column gold.events_5m._run is 'The run that wrote it, ops.runs';
comment on column gold.events_5m._attempt is 'Grows whenever a run is started again after a failure';

create table gold.events_sliding (like gold.events_5m including all);

comment on table gold.events_sliding is 'Events by region in windows of 5 minutes, of which one begins each minute, UTC; columns as in events_5m';

create table gold.sessions (
  user_id       text collate "C" not null,
  session_start timestamptz not null,
  session_end   timestamptz not null,
  events        bigint      not null,
  pages         bigint      not null,
  pane          bigint      not null,
  timing        text        not null,
  is_final      boolean     not null,
  _run          bigint      not null,
  _attempt      bigint      not null,
  _merged_at    timestamptz not null,
  primary key (user_id, session_start)
);

comment on table gold.sessions is 'Events of a user with less than 30 s between one and the next';
comment on column gold.sessions.session_start is 'The time of the first event';
comment on column gold.sessions.session_end is '30 s after the last event';
comment on column gold.sessions.pages is 'How many different pages';
