-- New orders come by COPY, which takes no expressions.
alter table silver.orders_clean alter column _merged_at set default now();
