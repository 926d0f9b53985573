package dev.millrace.transforms.window;

import dev.millrace.transforms.record.FieldReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.ListIterator;
import java.util.Map;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.KV;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Keeps the open sessions of a shard's keys, and fires them as {@link WindowPolicy} says. A key's
 * sessions are one value of state; a timer is the shard's, set for the key that is due next.
 */
final class FireSessions {
  private FireSessions() {}

  /** As a step over what {@link PerBundle} has gathered. */
  static <A> ParDo.SingleOutput<KV<Integer, byte[]>, WindowResult<A>> by(
      WindowPolicy policy, CountedAggregation<?, A> aggregation) {
    return ParDo.of(new FireSessionsFn<>(policy, aggregation));
  }

  private static final class FireSessionsFn<A> extends DoFn<KV<Integer, byte[]>, WindowResult<A>> {
    private static final long serialVersionUID = 1L;
    private static final String SESSIONS = "sessions";
    private static final String REVISION = "revision";
    private static final String EARLY = "early";
    private static final String NEXT = "next";

    private static final Instant END = GlobalWindow.INSTANCE.maxTimestamp();

    private final long gap;
    private final long allowedLateness;
    private final @Nullable Duration earlyFiring;
    private final CountedAggregation<?, A> aggregation;
    private final Counter dropped =
        Metrics.counter(AggregateByWindow.class, "droppedDueToLateness");

    @StateId(SESSIONS)
    private final StateSpec<MapState<String, byte[]>> sessionsSpec =
        StateSpecs.map(StringUtf8Coder.of(), ByteArrayCoder.of());

    /** Changes with the state, for {@link DueKeys} to see whether it knows it. */
    @StateId(REVISION)
    private final StateSpec<ValueState<Long>> revisionSpec = StateSpecs.value(VarLongCoder.of());

    @TimerId(EARLY)
    private final TimerSpec earlySpec = TimerSpecs.timer(TimeDomain.PROCESSING_TIME);

    @TimerId(NEXT)
    private final TimerSpec nextSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    private transient Map<Integer, DueKeys> shards;

    FireSessionsFn(WindowPolicy policy, CountedAggregation<?, A> aggregation) {
      this.gap = policy.gap().getMillis();
      this.allowedLateness = policy.allowedLateness().getMillis();
      this.earlyFiring = policy.earlyFiring();
      this.aggregation = aggregation;
    }

    @Setup
    public void setup() {
      shards = new HashMap<>();
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, byte[]> shard,
        @StateId(SESSIONS) MapState<String, byte[]> sessions,
        @StateId(REVISION) ValueState<Long> revision,
        @TimerId(EARLY) Timer early,
        @TimerId(NEXT) Timer next,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      long watermark = next.getCurrentRelativeTime().getMillis();
      DueKeys keys = open(shard.getKey(), revision, sessions);
      boolean anyIsNew = false;
      FieldReader in = new FieldReader(shard.getValue());
      while (in.hasMore()) {
        String key = in.getText();
        Session<A> part = Session.read(aggregation, in);
        if (closing(part) <= watermark) {
          dropped.inc();
        } else {
          anyIsNew |= add(key, part, watermark, keys, sessions, out).isNew();
        }
      }
      if (anyIsNew && earlyFiring != null && !keys.firesEarly()) {
        early.withNoOutputTimestamp().offset(earlyFiring).setRelative();
        keys.firesEarly(true);
      }
      arm(watermark, keys, next);
      keys.close(revision);
    }

    private Session<A> add(
        String key,
        Session<A> part,
        long watermark,
        DueKeys keys,
        MapState<String, byte[]> sessions,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      KeySessions<A> its = new KeySessions<>(aggregation, sessions.get(key).read());
      Session<A> merged = its.merge(part, gap);
      if (merged.end(gap) <= watermark) {
        merged = fire(key, merged.over(), PaneInfo.Timing.LATE, false, out);
      }
      its.sessions().add(merged);
      if (due(merged) < its.lookAt()) {
        its.lookAt(due(merged));
        keys.add(its.lookAt(), key);
      }
      sessions.put(key, its.toBytes());
      return merged;
    }

    @OnTimer(NEXT)
    public void next(
        @Key Integer shard,
        @StateId(SESSIONS) MapState<String, byte[]> sessions,
        @StateId(REVISION) ValueState<Long> revision,
        @TimerId(NEXT) Timer next,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      long watermark = next.getCurrentRelativeTime().getMillis();
      DueKeys keys = open(shard, revision, sessions);
      keys.armed(Long.MAX_VALUE);
      for (DueKeys.Due due = keys.poll(watermark); due != null; due = keys.poll(watermark)) {
        byte[] stored = sessions.get(due.key()).read();
        if (stored != null && KeySessions.lookAt(stored) == due.millis()) {
          KeySessions<A> its = new KeySessions<>(aggregation, stored);
          look(due.key(), its, watermark, out);
          if (its.sessions().isEmpty()) {
            sessions.remove(due.key());
          } else {
            its.lookAt(its.sessions().stream().mapToLong(this::due).min().orElseThrow());
            keys.add(its.lookAt(), due.key());
            sessions.put(due.key(), its.toBytes());
          }
        }
      }
      if (keys.next() == null) {
        shards.remove(shard);
        revision.clear();
      } else {
        arm(watermark, keys, next);
        keys.close(revision);
      }
    }

    /** Fires what is due of a key, and forgets what is closed. */
    private void look(
        String key, KeySessions<A> its, long watermark, OutputReceiver<WindowResult<A>> out) {
      ListIterator<Session<A>> each = its.sessions().listIterator();
      while (each.hasNext()) {
        Session<A> session = each.next();
        PaneInfo.Timing timing = session.isOver() ? PaneInfo.Timing.LATE : PaneInfo.Timing.ON_TIME;
        if (closing(session) <= watermark) {
          fire(key, session, timing, true, out);
          each.remove();
        } else if (session.end(gap) <= watermark && !session.isOver()) {
          each.set(
              session.isNew() ? fire(key, session.over(), timing, false, out) : session.over());
        }
      }
    }

    @OnTimer(EARLY)
    public void early(
        @Key Integer shard,
        @StateId(SESSIONS) MapState<String, byte[]> sessions,
        @StateId(REVISION) ValueState<Long> revision,
        OutputReceiver<WindowResult<A>> out)
        throws IOException {
      DueKeys keys = open(shard, revision, sessions);
      keys.firesEarly(false);
      List<Map.Entry<String, byte[]>> all = new ArrayList<>();
      sessions.entries().read().forEach(all::add);
      for (Map.Entry<String, byte[]> stored : all) {
        KeySessions<A> its = new KeySessions<>(aggregation, stored.getValue());
        boolean fires = its.sessions().stream().anyMatch(Session::isNew);
        if (fires) {
          its.sessions()
              .replaceAll(
                  each ->
                      each.isNew()
                          ? fire(stored.getKey(), each, PaneInfo.Timing.EARLY, false, out)
                          : each);
          sessions.put(stored.getKey(), its.toBytes());
        }
      }
      if (keys.next() != null) {
        keys.close(revision);
      }
    }

    private DueKeys open(int shard, ValueState<Long> revision, MapState<String, byte[]> sessions)
        throws IOException {
      DueKeys keys = shards.computeIfAbsent(shard, any -> new DueKeys());
      keys.open(revision, sessions);
      return keys;
    }

    private static void arm(long watermark, DueKeys keys, Timer next) {
      Long due = keys.next();
      if (due == null) {
        return;
      }
      // Flink fires when the watermark has come to a timer, other runners when it has passed it.
      long time = Math.min(due - 1 > watermark ? due - 1 : due, END.getMillis());
      if (time < keys.armed()) {
        next.set(Instant.ofEpochMilli(time));
        keys.armed(time);
      }
    }

    private long due(Session<A> session) {
      return session.isOver() ? closing(session) : session.end(gap);
    }

    /** When nothing is added to it any more. */
    private long closing(Session<A> session) {
      return session.end(gap) + allowedLateness;
    }

    private Session<A> fire(
        String key,
        Session<A> session,
        PaneInfo.Timing timing,
        boolean isFinal,
        OutputReceiver<WindowResult<A>> out) {
      out.outputWithTimestamp(
          new WindowResult<>(
              key,
              java.time.Instant.ofEpochMilli(session.first()),
              java.time.Instant.ofEpochMilli(session.end(gap)),
              session.counted().aggregate(),
              session.panes(),
              timing,
              isFinal,
              session.counted().events()),
          Instant.ofEpochMilli(session.end(gap) - 1));
      return session.fired();
    }

    /** Results go out behind the watermark, as late ones must. */
    @Override
    @SuppressWarnings("deprecation") // Beam has nothing else for them.
    public Duration getAllowedTimestampSkew() {
      return Duration.millis(Long.MAX_VALUE);
    }
  }
}
