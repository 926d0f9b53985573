-- Bounded runs that put their rows in place in one transaction: where they gather, and what is done.
create schema staging;

create table ops.publications (
  run          bigint      not null,
  target       text        not null,
  part         int         not null,
  published_at timestamptz not null default now(),
  primary key (run, target, part)
);

comment on schema staging is 'Rows of runs that are under way, or failed: tables there can be dropped when their run is over';
comment on table ops.publications is 'Tables that a bounded run has put in place, each once';
comment on column ops.publications.part is 'Of several writes of a run into a table';
