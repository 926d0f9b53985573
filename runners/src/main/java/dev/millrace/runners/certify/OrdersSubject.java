package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.runners.feed.Events;
import dev.millrace.runners.feed.Faults;
import dev.millrace.runners.feed.OrderEvents;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.TimeRange;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/** The orders pipeline. */
final class OrdersSubject implements Subject {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");

  /** So many events, whatever the run's size, that late ones find their days closed. */
  private static final int DAYS = 40;

  /** The amounts of orders of which two events say different things are left out. */
  private static final String SILVER =
      """
      select order_id, customer_id, region, %s, currency, status, event_time
      from %s silver order by order_id
      """;

  private static final String AMOUNT =
      """
      case when not exists (select from conflicts where event ->> 'order_id' = order_id) then %s end\
      """;

  private static final String GOLD =
      """
      select region, order_date, orders, is_final,
        case when not exists (
            select from silver.orders_clean s join conflicts c on c.event ->> 'order_id' = s.order_id
            where s.region = g.region and s.order_date = g.order_date) then revenue end
      from gold.revenue_by_region g order by region, order_date
      """;

  private static final String GOLD_IS_NOT_SILVER =
      """
      select count(*) from (
        select region, order_date, sum(amount) as revenue, count(*) as orders
        from silver.orders_clean group by region, order_date) s
      full join gold.revenue_by_region g using (region, order_date)
      where (s.revenue, s.orders) is distinct from (g.revenue, g.orders)
      """;

  private static final Question GOLD_FOLLOWS_SILVER =
      new Question("gold against silver", "select 0", GOLD_IS_NOT_SILVER);

  /** The newest of what is in the table and of what came late. */
  private static final String WITH_LATE =
      """
      (select distinct on (order_id) *
      from (
        select order_id, customer_id, region, amount, currency, status, event_time
        from silver.orders_clean
        union all
        select event ->> 'order_id', event ->> 'customer_id', event ->> 'region',
          (event ->> 'amount')::numeric, event ->> 'currency', event ->> 'status', event_time
        from late) versions
      order by order_id, event_time desc)
      """;

  @Override
  public String name() {
    return OrdersPipeline.NAME;
  }

  @Override
  public Events events() {
    return Events.ORDERS;
  }

  @Override
  public void write(long events, long seed, OutputStream out) throws IOException {
    int perDay = (int) Math.max(1, events / DAYS);
    new OrderEvents(events, perDay, START, seed).write(out, written -> {});
  }

  @Override
  public Faults faults(long seed, double conflicting) {
    return new Faults(
        0.05, Duration.ofSeconds(45), 0.02, Duration.ofDays(3), 0.01, conflicting, seed);
  }

  @Override
  public org.joda.time.Duration outOfOrderness() {
    return org.joda.time.Duration.standardMinutes(1);
  }

  @Override
  public List<LatePolicy> latePolicies() {
    return List.of(LatePolicy.APPLY, LatePolicy.SIDE_TABLE);
  }

  @Override
  public List<String> places() {
    return List.of("source", "orders", "final_days", "late", "dead_letters", "ledger");
  }

  @Override
  public void build(
      Pipeline pipeline, PTransform<PBegin, PCollection<Batch<RawRecord>>> source, Wiring wiring) {
    FaultInjector faults = wiring.faults();
    OrdersPipeline.Sinks tables =
        OrdersPipeline.Sinks.postgres(
            wiring.database(), wiring.run(), wiring.version(), TablePlace.LIVE);
    OrdersPipeline.build(
        pipeline,
        Through.source(faults, source),
        EVENT_TIME,
        new OrdersPipeline.Sinks(
            Through.sink(faults, "orders", tables.orders()),
            Through.sink(faults, "final_days", tables.finalDays()),
            Through.sink(faults, "late", tables.late()),
            Through.sink(faults, "dead_letters", tables.deadLetters()),
            Through.sink(faults, "ledger", tables.ledger())),
        wiring.rule(OrdersPipeline.ADMISSION),
        TimeRange.ALWAYS);
  }

  @Override
  public List<Question> tables() {
    return List.of(
        Question.ofBoth(
            "silver.orders_clean",
            SILVER.formatted(AMOUNT.formatted("amount"), "silver.orders_clean")),
        Question.ofBoth("gold.revenue_by_region", GOLD),
        GOLD_FOLLOWS_SILVER);
  }

  @Override
  public List<Question> tablesAndLate() {
    String amount = AMOUNT.formatted("trim_scale(amount)");
    return List.of(
        new Question(
            "silver.orders_clean, and late",
            SILVER.formatted(amount, "silver.orders_clean"),
            SILVER.formatted(amount, WITH_LATE)),
        GOLD_FOLLOWS_SILVER,
        Question.ofBoth(
            "gold, rows that aren't final",
            "select count(*) from gold.revenue_by_region where not is_final"));
  }
}
