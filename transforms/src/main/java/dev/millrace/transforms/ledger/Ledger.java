package dev.millrace.transforms.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.MapCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * The accounts of a pipeline, gathered while its graph is built: each step that counts adds an
 * element per bundle, and {@link #totals} adds them up in keyed state.
 *
 * <p>Since counts are data, what a checkpoint holds of them fits what it holds of everything else:
 * a restart takes both back together. So totals must reach their table only when the checkpoint
 * that has them is complete.
 */
public final class Ledger {
  private static final Coder<List<LedgerEntry>> TALLY = ListCoder.of(LedgerEntryCoder.of());

  private final Closing closing;
  private final Map<String, Integer> tables;
  private final List<PCollection<List<LedgerEntry>>> tallies = new ArrayList<>();

  private Ledger(Closing closing, Map<String, Integer> tables) {
    this.closing = closing;
    this.tables = new TreeMap<>(tables);
  }

  /**
   * An empty one.
   *
   * @param tables of a pipeline that writes each record into several, with how many rows of each
   *     hold the same record; counted as {@link Stage#written(String)} or {@link
   *     Stage#skipped(String)}, once for each such row, and {@link Stage#filtered(String)}. Empty
   *     if {@link Stage#WRITTEN} is counted itself
   */
  public static Ledger of(Closing closing, Map<String, Integer> tables) {
    return new Ledger(closing, tables);
  }

  /** The size of the windows by which it counts. */
  public Duration window() {
    return closing.window();
  }

  /** Counts elements by their timestamps, and returns them. */
  public <T> PCollection<T> count(String stage, PCollection<T> elements) {
    add(
        elements
            .apply("Count." + stage, ParDo.of(new CountFn<T>(stage, closing.window())))
            .setCoder(TALLY));
    return elements;
  }

  /** Adds what a step has counted itself. */
  public void add(PCollection<List<LedgerEntry>> tally) {
    tallies.add(tally);
  }

  /**
   * The totals of each window, again whenever they change, and in a bounded run at its end:
   * absolute, so that the last one is right. A window whose accounts must balance comes once as
   * {@link Stage#CLOSED}.
   *
   * <p>State: a few numbers for each window that there ever was, about 100 bytes, for ever: a late
   * record may come at any time.
   */
  public PCollection<LedgerEntry> totals() {
    return PCollectionList.of(tallies)
        .apply("Tallies", Flatten.pCollections())
        .apply("Total", new Total(closing, tables));
  }

  private static final class CountFn<T> extends DoFn<T, List<LedgerEntry>> {
    private static final long serialVersionUID = 1L;

    private final String stage;
    private final Duration window;

    private transient Tally tally;

    CountFn(String stage, Duration window) {
      this.stage = stage;
      this.window = window;
    }

    @StartBundle
    public void startBundle() {
      tally = new Tally(window);
    }

    @ProcessElement
    public void process(@Timestamp Instant time) {
      tally.add(stage, time.getMillis());
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      tally.output(out::output);
    }
  }

  private static final class Total
      extends PTransform<PCollection<List<LedgerEntry>>, PCollection<LedgerEntry>> {
    private static final long serialVersionUID = 1L;

    private final Closing closing;
    private final Map<String, Integer> tables;

    Total(Closing closing, Map<String, Integer> tables) {
      this.closing = closing;
      this.tables = tables;
    }

    @Override
    public PCollection<LedgerEntry> expand(PCollection<List<LedgerEntry>> all) {
      return all.apply("ToOne", ParDo.of(new ToOneFn()))
          .setCoder(KvCoder.of(VarIntCoder.of(), TALLY))
          .apply(
              "Add",
              ParDo.of(
                  new AddFn(closing, tables, all.isBounded() == PCollection.IsBounded.UNBOUNDED)))
          .setCoder(LedgerEntryCoder.of());
    }
  }

  /** All of it has one key: there is an element per bundle, and one who adds them up. */
  private static final class ToOneFn
      extends DoFn<List<LedgerEntry>, KV<Integer, List<LedgerEntry>>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element List<LedgerEntry> tally, OutputReceiver<KV<Integer, List<LedgerEntry>>> out) {
      out.output(KV.of(0, tally));
    }
  }

  private static final class AddFn extends DoFn<KV<Integer, List<LedgerEntry>>, LedgerEntry> {
    private static final long serialVersionUID = 1L;
    private static final String ACCOUNTS = "accounts";
    private static final String OPEN = "open";
    private static final String ARMED = "armed";
    private static final String CLOSE = "close";

    private final Closing closing;
    private final Map<String, Integer> tables;

    /** Whether somebody looks at totals before the end. */
    private final boolean live;

    @StateId(ACCOUNTS)
    private final StateSpec<MapState<Long, Map<String, Long>>> accountsSpec =
        StateSpecs.map(VarLongCoder.of(), MapCoder.of(StringUtf8Coder.of(), VarLongCoder.of()));

    @StateId(OPEN)
    private final StateSpec<MapState<Long, Boolean>> openSpec =
        StateSpecs.map(VarLongCoder.of(), BooleanCoder.of());

    @StateId(ARMED)
    private final StateSpec<ValueState<Long>> armedSpec = StateSpecs.value(VarLongCoder.of());

    @TimerId(CLOSE)
    private final TimerSpec closeSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    AddFn(Closing closing, Map<String, Integer> tables, boolean live) {
      this.closing = closing;
      this.tables = tables;
      this.live = live;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, List<LedgerEntry>> tally,
        @StateId(ACCOUNTS) MapState<Long, Map<String, Long>> accounts,
        @StateId(OPEN) MapState<Long, Boolean> open,
        @StateId(ARMED) ValueState<Long> armed,
        @TimerId(CLOSE) Timer close,
        OutputReceiver<LedgerEntry> out) {
      Map<Long, List<LedgerEntry>> byWindow = new HashMap<>();
      for (LedgerEntry each : tally.getValue()) {
        byWindow.computeIfAbsent(each.windowStart(), start -> new ArrayList<>()).add(each);
      }
      byWindow.forEach(
          (start, entries) -> {
            @Nullable Map<String, Long> before = accounts.get(start).read();
            if (before == null) {
              open.put(start, true);
              Long earliest = armed.read();
              if (earliest == null || closing.due(start) < earliest) {
                arm(closing.due(start), armed, close);
              }
            }
            Account old = Account.of(before == null ? Map.of() : before);
            Account account = old.plus(entries);
            accounts.put(start, account.counts());
            // DirectRunner's watermark may pass what is on its way.
            if (live || (before != null && open.get(start).read() == null)) {
              account.across(tables).changesSince(old.across(tables), start).forEach(out::output);
            }
          });
    }

    @OnTimer(CLOSE)
    public void close(
        @StateId(ACCOUNTS) MapState<Long, Map<String, Long>> accounts,
        @StateId(OPEN) MapState<Long, Boolean> open,
        @StateId(ARMED) ValueState<Long> armed,
        @TimerId(CLOSE) Timer close,
        OutputReceiver<LedgerEntry> out) {
      long watermark = close.getCurrentRelativeTime().getMillis();
      boolean ended = watermark >= GlobalWindow.INSTANCE.maxTimestamp().getMillis();
      long next = Long.MAX_VALUE;
      List<Long> done = new ArrayList<>();
      for (Long start : open.keys().read()) {
        if (ended
            || closing.overdue(start) <= watermark
            || (closing.due(start) <= watermark
                && Account.of(accounts.get(start).read()).across(tables).isBalanced())) {
          done.add(start);
        } else {
          next = Math.min(next, Math.max(closing.due(start), watermark + 1));
        }
      }
      armed.clear();
      for (Long start : done) {
        open.remove(start);
        if (!live) {
          Account nothing = Account.of(Map.of());
          Account.of(accounts.get(start).read())
              .across(tables)
              .changesSince(nothing, start)
              .forEach(out::output);
        }
        out.output(new LedgerEntry(Stage.CLOSED, start, 1));
      }
      if (next != Long.MAX_VALUE) {
        arm(next, armed, close);
      }
    }

    private static void arm(long at, ValueState<Long> armed, Timer close) {
      armed.write(at);
      long last = GlobalWindow.INSTANCE.maxTimestamp().getMillis();
      close.set(Instant.ofEpochMilli(Math.min(at, last)));
    }
  }
}
