package dev.millrace.runners.certify;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.pipelines.orders.Order;
import dev.millrace.pipelines.traffic.SessionStats;
import dev.millrace.runners.launch.EmbeddedFlink;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.transforms.admission.LatePolicy;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.LateRecord;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.WindowResult;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A record that is lost, doubled or altered on its way shows, wherever that happens. */
class TamperedIT {
  private static final int EVENTS = 600;

  /** Enough for some to be late. */
  private static final int MANY = 2_000;

  private static final long SEED = 99;

  private static EmbeddedFlink flink;
  private static final Map<String, Baseline> BASELINES = new HashMap<>();

  /** What a tampered trial is compared with. */
  private record Baseline(Trials trials, Comparison comparison, Trial stream, Trial direct) {

    static Baseline of(String pipeline, int events) {
      try {
        Subject subject = Subject.of(pipeline).orElseThrow();
        Deliveries deliveries = Deliveries.of(subject, events, SEED);
        Site site =
            new Site(
                SharedStack.get().kafka().address(),
                SharedStack.get().postgres()::freshDatabase,
                flink.address(),
                flink.jobJars(),
                "test");
        Trials trials = new Trials(subject, deliveries, SEED, site);
        Comparison comparison = new Comparison(subject, deliveries.counts());
        List<LatePolicy> late = subject.latePolicies();
        Trial stream =
            trials.undisturbed("base-" + events, late.get(late.size() - 1), FaultInjector.none());
        Trial direct = trials.direct("A", stream, FaultInjector.none());
        return new Baseline(trials, comparison, stream, direct);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    boolean isEqual(Trial trial, boolean live) throws SQLException {
      List<Finding> findings =
          new ArrayList<>(
              live ? comparison.withLate(direct, trial) : comparison.whole(direct, trial));
      findings.add(comparison.accounts(trial));
      findings.forEach(each -> each.differences().forEach(System.out::println));
      return findings.stream().allMatch(Finding::isEqual);
    }
  }

  private static Baseline baseline(String pipeline, int events) {
    return BASELINES.computeIfAbsent(pipeline + events, name -> Baseline.of(pipeline, events));
  }

  @BeforeAll
  static void startFlink() {
    flink = EmbeddedFlink.start();
  }

  @AfterAll
  static void stopFlink() {
    flink.close();
  }

  @ParameterizedTest
  @CsvSource({
    "orders, source, DROP",
    "orders, source, DOUBLE",
    "orders, source, ALTER",
    "orders, orders, DROP",
    "orders, orders, DOUBLE",
    "orders, orders, ALTER",
    "orders, final_days, DROP",
    "orders, final_days, ALTER",
    "orders, dead_letters, DROP",
    "orders, dead_letters, DOUBLE",
    "orders, dead_letters, ALTER",
    "orders, ledger, DROP",
    "orders, ledger, ALTER",
    "traffic, source, DROP",
    "traffic, source, DOUBLE",
    "traffic, source, ALTER",
    "traffic, five_minutes, DROP",
    "traffic, five_minutes, DOUBLE",
    "traffic, five_minutes, ALTER",
    "traffic, sliding, DROP",
    "traffic, sliding, DOUBLE",
    "traffic, sliding, ALTER",
    "traffic, sessions, DROP",
    "traffic, sessions, DOUBLE",
    "traffic, sessions, ALTER",
    "traffic, dead_letters, DROP",
    "traffic, dead_letters, DOUBLE",
    "traffic, dead_letters, ALTER",
    "traffic, ledger, DROP",
    "traffic, ledger, ALTER",
  })
  void oneRecordOfABatchShows(String pipeline, String place, Kind kind) throws SQLException {
    Baseline baseline = baseline(pipeline, EVENTS);

    Trial tampered = baseline.trials().direct("X", baseline.stream(), new Tamper(place, kind));

    assertThat(baseline.isEqual(tampered, false), is(false));
  }

  @ParameterizedTest
  @CsvSource({
    "orders, late, DROP",
    "orders, late, DOUBLE",
    "orders, late, ALTER",
    "orders, orders, ALTER",
    "traffic, late, DROP",
    "traffic, late, DOUBLE",
    "traffic, late, ALTER",
    "traffic, five_minutes, ALTER",
    "traffic, sliding, DROP",
    "traffic, sessions, ALTER",
  })
  void oneRecordOfAStreamShowsBeforeItsLateRecordsAreMerged(
      String pipeline, String place, Kind kind) throws SQLException {
    Baseline baseline = baseline(pipeline, MANY);

    Trial tampered =
        baseline
            .trials()
            .undisturbed("X-" + place + kind, baseline.stream().late(), new Tamper(place, kind));

    assertThat(baseline.isEqual(tampered, true), is(false));
  }

  @ParameterizedTest
  @CsvSource({"orders", "traffic"})
  void withoutATamperedRecordNothingShows(String pipeline) throws SQLException {
    Baseline baseline = baseline(pipeline, EVENTS);

    Trial again = baseline.trials().direct("X", baseline.stream(), FaultInjector.none());

    assertThat(baseline.isEqual(again, false), is(true));
    assertThat(baseline.isEqual(baseline.stream(), true), is(true));
  }

  /** Exact copies of what has an identity of its own are one row. */
  @ParameterizedTest
  @CsvSource({"orders, final_days", "orders, ledger", "traffic, ledger", "traffic, dead_letters"})
  void exactCopyOfWhatHasAnIdentityChangesNothing(String pipeline, String place)
      throws SQLException {
    Baseline baseline = baseline(pipeline, EVENTS);

    Trial again = baseline.trials().direct("X", baseline.stream(), new Tamper(place, Kind.REPEAT));

    assertThat(baseline.isEqual(again, false), is(true));
  }

  /** What happens to one record. */
  enum Kind {
    DROP,
    /** As if another delivery of it had come, where deliveries are what is counted. */
    DOUBLE,
    ALTER,
    REPEAT
  }

  /** Does it to an element of a place. */
  private static final class Tamper implements FaultInjector {
    private static final long serialVersionUID = 1L;
    private static final int THIRD = 3;
    private static final Map<String, AtomicInteger> PASSED = new ConcurrentHashMap<>();
    private static final AtomicInteger TAMPERS = new AtomicInteger();

    private final String place;
    private final Kind kind;
    private final int number = TAMPERS.incrementAndGet();

    Tamper(String place, Kind kind) {
      this.place = place;
      this.kind = kind;
    }

    @Override
    @SuppressWarnings("unchecked") // What is made of an element is of its class.
    public <T> void pass(String passed, T element, Consumer<T> onwards) {
      if (!passed.equals(place) || !isChosen(element)) {
        onwards.accept(element);
        return;
      }
      switch (kind) {
        case DROP -> {}
        case ALTER -> onwards.accept((T) altered(element));
        case REPEAT -> {
          onwards.accept(element);
          onwards.accept(element);
        }
        case DOUBLE -> {
          onwards.accept(element);
          onwards.accept((T) doubled(element));
        }
      }
    }

    private boolean isChosen(Object element) {
      AtomicInteger passed = PASSED.computeIfAbsent(place + number, each -> new AtomicInteger());
      if (element instanceof LedgerEntry entry && entry.count() == 0) {
        return false; // As good as none.
      }
      if (element instanceof WindowResult<?> result && !result.isFinal()) {
        return false; // The next pane replaces it.
      }
      // Each end of a day stands for all before: only the last matters.
      return element instanceof Long || passed.incrementAndGet() == THIRD;
    }

    private static Object doubled(Object element) {
      if (element instanceof DeadLetter letter) {
        return DeadLetter.of(
            elsewhere(letter.record()),
            letter.pipeline(),
            letter.stage(),
            letter.errorClass(),
            letter.message());
      }
      if (element instanceof LateRecord late) {
        return new LateRecord(
            elsewhere(late.record()), late.pipeline(), late.eventTime(), late.watermark());
      }
      return element;
    }

    private static Object altered(Object element) {
      if (element instanceof RawRecord record) {
        return withValue(record);
      }
      if (element instanceof Order order) {
        return new Order(
            order.eventId(),
            order.orderId() + "-",
            order.customerId(),
            order.region(),
            order.amount(),
            order.currency(),
            order.status(),
            order.eventTime(),
            order.record());
      }
      if (element instanceof Long end) {
        return end - Duration.ofDays(10).toMillis();
      }
      if (element instanceof WindowResult<?> result) {
        Object aggregate = result.aggregate();
        return new WindowResult<>(
            result.key(),
            result.start(),
            result.end(),
            aggregate instanceof ValueStats stats
                ? stats.plus(BigDecimal.ONE)
                : new SessionStats(
                    ((SessionStats) aggregate).events() + 1, ((SessionStats) aggregate).pages()),
            result.pane(),
            result.timing(),
            result.isFinal(),
            result.events());
      }
      if (element instanceof DeadLetter letter) {
        return DeadLetter.of(
            letter.record(), letter.pipeline(), letter.stage(), letter.errorClass(), "altered");
      }
      if (element instanceof LateRecord late) {
        return new LateRecord(
            withValue(late.record()), late.pipeline(), late.eventTime(), late.watermark());
      }
      LedgerEntry entry = (LedgerEntry) element;
      return new LedgerEntry(entry.stage(), entry.windowStart(), entry.count() + 1);
    }

    private static RawRecord elsewhere(RawRecord record) {
      Origin origin = record.origin();
      return new RawRecord(
          record.key(),
          record.value(),
          record.headers(),
          new Origin(
              origin.system(), origin.topic(), origin.partition(), origin.offset() + 1_000_000),
          record.loadedAt());
    }

    private static RawRecord withValue(RawRecord record) {
      String text = new String(record.value(), StandardCharsets.UTF_8);
      // Of an order, its id: what a newer version has replaced can't be seen any more.
      String other = text.replaceFirst("\"(order_id|region)\":\"", "\"$1\":\"X");
      return new RawRecord(
          record.key(),
          (other.equals(text) ? text + "X" : other).getBytes(StandardCharsets.UTF_8),
          record.headers(),
          record.origin(),
          record.loadedAt());
    }
  }
}
