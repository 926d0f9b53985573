-- Records that could not be processed, with their exact bytes. Written twice, a failure is one row.
create table ops.dead_letters (
  pipeline         text        not null,
  stage            text        not null,
  source_system    text        not null,
  source_topic     text        not null,
  source_partition int         not null,
  source_offset    bigint      not null,
  key              bytea,
  payload          bytea,
  payload_md5      text        generated always as (md5(coalesce(payload, ''))) stored,
  headers          json        not null,
  loaded_at        timestamptz not null,
  error_class      text        not null,
  message          text        not null,
  attempt          int         not null,
  pipeline_version text        not null,
  failed_at        timestamptz not null default now(),
  primary key (pipeline, stage, source_system, source_topic, source_partition, source_offset, payload_md5)
);

comment on table ops.dead_letters is 'Records that could not be decoded or written, untouched, and why';
comment on column ops.dead_letters.source_topic is 'The Kafka topic, or the path of the file';
comment on column ops.dead_letters.source_offset is 'The Kafka offset, or the byte in the uncompressed file';
comment on column ops.dead_letters.payload_md5 is 'Part of the key: a replaced file has other records at the same offsets';
comment on column ops.dead_letters.headers is 'A list of {name, value}, the value in base64';
comment on column ops.dead_letters.loaded_at is 'The record''s Kafka timestamp, or the file''s modification time';
comment on column ops.dead_letters.attempt is '1 for the first try, one more for each replay';
