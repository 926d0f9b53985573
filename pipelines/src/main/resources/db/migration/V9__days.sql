-- What a repair looks for: the rows of a day. Rows of a day lie together, so a few pages of summary do.
create index orders_clean_by_day on silver.orders_clean using brin (order_date) with (pages_per_range = 32);
create index events_5m_by_day on gold.events_5m using brin (window_start) with (pages_per_range = 32);
create index events_sliding_by_day on gold.events_sliding using brin (window_start) with (pages_per_range = 32);
create index sessions_by_day on gold.sessions using brin (session_start) with (pages_per_range = 32);
