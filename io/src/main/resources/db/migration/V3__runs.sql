-- Who wrote a row: runs of pipelines, and the attempts of a run, which grow at every restart.
create table ops.runs (
  run        bigint generated always as identity primary key,
  pipeline   text        not null,
  source     text        not null,
  started_at timestamptz not null default now()
);

create sequence ops.attempts;

comment on table ops.runs is 'Runs of pipelines; a later one overwrites what an earlier one has written';
comment on column ops.runs.source is 'What was read; a stream that goes on from a savepoint goes on with its run';
