-- Runs that repair a part of the past say which, who wanted it, and how it ended.
alter table ops.runs
  add column kind         text not null default 'run',
  add column day          date,
  add column state        text,
  add column who          text,
  add column reason       text,
  add column read_from    timestamptz,
  add column read_to      timestamptz,
  add column records_read bigint,
  add column ended_at     timestamptz,
  add column compared_at  timestamptz,
  add column differences  bigint;

create index runs_by_day on ops.runs (pipeline, day) where day is not null;

comment on column ops.runs.kind is 'run, backfill (into tables of its own), backfill-direct, reconcile, or replay (of dead letters); a run that isn''t a run must not start others';
comment on column ops.runs.day is 'The UTC day of event time that a repair answers for';
comment on column ops.runs.state is 'running (or killed, if its lock is free), done, failed, swapped or discarded; null for runs that nobody follows';
comment on column ops.runs.who is 'user@host of the command, or --who';
comment on column ops.runs.read_from is 'What entered the log or archive before this was not read; null: everything was';
comment on column ops.runs.read_to is 'Nor what entered it from here on; null: everything was';
comment on column ops.runs.compared_at is 'When its tables were last compared with the live ones: a swap asks for it';
comment on column ops.runs.differences is 'How many rows differed then';
