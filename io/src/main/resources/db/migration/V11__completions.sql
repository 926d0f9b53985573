-- Days that are published: what starts those who depend on them. Backfills don't write here.
create table ops.completions (
  pipeline     text        not null,
  day          date        not null,
  run          bigint      not null,
  completed_at timestamptz not null default now(),
  primary key (pipeline, day)
);

comment on table ops.completions is 'Days that the daily run of a pipeline has published; each is told to listeners of millrace_completed, too';
comment on column ops.completions.run is 'The run that made the day, ops.runs';
