create schema if not exists silver;
create schema if not exists gold;

-- The newest version of each order. Versions are ordered by (event_time, _loaded_at, _source_...).
create table silver.orders_clean (
  order_id          text collate "C" primary key,
  customer_id       text,
  region            text        not null,
  amount            numeric     not null,
  currency          text        not null,
  status            text        not null,
  order_date        date        not null,
  event_time        timestamptz not null,
  _loaded_at        timestamptz not null,
  _merged_at        timestamptz not null,
  _source_system    text collate "C" not null,
  _source_topic     text collate "C" not null,
  _source_partition int         not null,
  _source_offset    bigint      not null
);

comment on table silver.orders_clean is 'The newest version of each order';
comment on column silver.orders_clean.order_date is 'The UTC date of event_time';
comment on column silver.orders_clean._loaded_at is 'The record''s Kafka timestamp, or the file''s modification time';
comment on column silver.orders_clean._merged_at is 'When this row last changed';
comment on column silver.orders_clean._source_topic is 'The Kafka topic or the file that this version came from';

-- Equals, at every commit: select region, order_date, sum(amount), count(*) from silver.orders_clean group by 1, 2
create table gold.revenue_by_region (
  region     text collate "C" not null,
  order_date date        not null,
  revenue    numeric     not null,
  orders     bigint      not null,
  is_final   boolean     not null,
  _merged_at timestamptz not null,
  primary key (region, order_date)
);

create index revenue_by_region_open on gold.revenue_by_region (order_date) where not is_final;

comment on table gold.revenue_by_region is 'Revenue and number of orders by region and UTC day';
comment on column gold.revenue_by_region.is_final is 'The watermark has passed the end of the day and the allowed lateness; a later correction still applies';
