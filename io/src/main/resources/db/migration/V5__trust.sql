-- Records that came too late for their windows, with their exact bytes: the dead letters' envelope.
create table ops.late_records (
  pipeline         text        not null,
  source_system    text        not null,
  source_topic     text        not null,
  source_partition int         not null,
  source_offset    bigint      not null,
  key              bytea,
  payload          bytea,
  payload_md5      text        generated always as (md5(coalesce(payload, ''))) stored,
  headers          json        not null,
  loaded_at        timestamptz not null,
  event_time       timestamptz not null,
  watermark        timestamptz not null,
  late_by          interval    generated always as (watermark - event_time) stored,
  run_id           bigint      not null,
  pipeline_version text        not null,
  noticed_at       timestamptz not null default now(),
  primary key (pipeline, source_system, source_topic, source_partition, source_offset, payload_md5)
);

comment on table ops.late_records is 'Records that came after their window was closed, untouched';
comment on column ops.late_records.watermark is 'The event time up to which everything was believed to be there when the record came';
comment on column ops.late_records.late_by is 'How far its event time was behind that watermark';
comment on column ops.late_records.run_id is 'The first run that found it late, ops.runs';

-- How many records each stage of a run has had, by window of event time. Absolute numbers, as of the
-- last complete checkpoint. read = written + duplicate + dead_letter + late + filtered.
create table ops.ledger (
  run_id       bigint      not null,
  pipeline     text        not null,
  stage        text        not null,
  window_start timestamptz not null,
  count        bigint      not null,
  updated_at   timestamptz not null default now(),
  primary key (run_id, pipeline, stage, window_start)
);

comment on table ops.ledger is 'The accounts: for each window of each run, read = written + duplicate + dead_letter + late + filtered';
comment on column ops.ledger.run_id is 'ops.runs; a stream that goes on from a savepoint goes on with its run';
comment on column ops.ledger.stage is 'read, admitted, duplicate, late, late_applied, dead_letter, filtered, written (into every table that it is meant for; written:TABLE and filtered:TABLE for each), or closed: the window must balance';
comment on column ops.ledger.window_start is 'Of the event time, UTC';
