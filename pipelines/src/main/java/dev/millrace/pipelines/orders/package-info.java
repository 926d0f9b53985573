/**
 * The {@code orders} pipeline: JSON orders into {@code silver.orders_clean}, and with it {@code
 * gold.revenue_by_region}.
 *
 * <p>An order has versions; the newest rules, in whatever order they arrive. Where records come
 * from and which runner runs is decided by the caller.
 */
package dev.millrace.pipelines.orders;
