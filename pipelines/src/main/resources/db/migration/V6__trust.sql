-- The event that made a version: the same event, read again, is not a newer one.
alter table silver.orders_clean add column event_id text collate "C" not null default '';
alter table silver.orders_clean alter column event_id drop default;

comment on column silver.orders_clean.event_id is 'The event that made this version';
