package dev.millrace.transforms.admission;

import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.deadletter.DeadLetterCoder;
import dev.millrace.transforms.deadletter.LateRecord;
import dev.millrace.transforms.deadletter.LateRecordCoder;
import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.LedgerEntryCoder;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.ledger.Tally;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchBuilder;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.GatherByShard;
import java.io.IOException;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
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
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.joda.time.Instant;

/**
 * Judges each event once, before any window: admitted, duplicate, conflicting, or late.
 *
 * <ul>
 *   <li>Input: bounded or unbounded, in the global window, which the outputs keep; timestamps pass
 *       unchanged.
 *   <li>Key and order: the id. Of several events with an id the one that arrives first is admitted;
 *       in a bounded run that may be any of them. The others are <i>duplicates</i> if their content
 *       and event time are the same, and otherwise <i>conflicting</i>: dead letters of stage
 *       {@value #STAGE}.
 *   <li>Lateness: an event is <i>late</i> if the watermark has passed the end of its window by the
 *       allowed lateness. The watermark is the highest that its shard has seen, before a restart
 *       too, so that no restart opens a closed window. In a bounded run nothing is late. Windows
 *       downstream must allow {@link AdmissionRule#latenessDownstream}: then nothing admitted is
 *       dropped.
 *   <li>Guarantee: exact, for ids that were admitted with an event time within the horizon. A
 *       duplicate beyond it passes. Two different ids are taken for one with a probability of
 *       n²/2<sup>129</sup>, n being how many are remembered.
 *   <li>State: 24 bytes for each id, and 5 to 11 in memory beside it, until the watermark has
 *       passed its event time by the horizon, the window and the allowed lateness, plus at most an
 *       eighth of the horizon.
 * </ul>
 *
 * <p>Counts {@code duplicates}, {@code conflicting} and {@code late} under the pipeline's name, and
 * everything in its tallies for the ledger.
 */
public final class AdmitOnce<T> extends PTransform<PCollection<Batch<T>>, AdmitOnce.Judged<T>> {
  private static final long serialVersionUID = 1L;

  /** The stage of the dead letters. */
  public static final String STAGE = "admit";

  /** The class of the dead letters. */
  public static final String CONFLICTING = "conflicting_id";

  private final String pipeline;
  private final Identity<T> identity;
  private final AdmissionRule rule;

  private AdmitOnce(String pipeline, Identity<T> identity, AdmissionRule rule) {
    this.pipeline = pipeline;
    this.identity = identity;
    this.rule = rule;
  }

  /**
   * Judges by {@code rule}.
   *
   * @param pipeline named in what is rejected and in the metrics
   */
  public static <T> AdmitOnce<T> by(String pipeline, Identity<T> identity, AdmissionRule rule) {
    return new AdmitOnce<>(pipeline, identity, rule);
  }

  @Override
  public Judged<T> expand(PCollection<Batch<T>> elements) {
    Tags<T> tags = Tags.make();
    PCollectionTuple outputs =
        elements
            .apply(
                "ToShards",
                GatherByShard.with(
                    new Candidate.Packer<>(identity, Batches.valueCoder(elements)), rule.shards()))
            .apply(
                "Judge",
                ParDo.of(
                        new JudgeFn<>(pipeline, identity, rule, tags, Batches.valueCoder(elements)))
                    .withOutputTags(
                        tags.admitted,
                        TupleTagList.of(tags.late).and(tags.conflicting).and(tags.tallies)));
    outputs.get(tags.admitted).setCoder(elements.getCoder());
    outputs.get(tags.late).setCoder(LateRecordCoder.of());
    outputs.get(tags.conflicting).setCoder(DeadLetterCoder.of());
    outputs.get(tags.tallies).setCoder(ListCoder.of(LedgerEntryCoder.of()));
    return new Judged<>(outputs, tags);
  }

  private record Tags<T>(
      TupleTag<Batch<T>> admitted,
      TupleTag<LateRecord> late,
      TupleTag<DeadLetter> conflicting,
      TupleTag<List<LedgerEntry>> tallies)
      implements Serializable {

    static <T> Tags<T> make() {
      return new Tags<>(
          new TupleTag<>("admitted"),
          new TupleTag<>("late"),
          new TupleTag<>("conflicting"),
          new TupleTag<>("tallies"));
    }
  }

  /** What became of the events. */
  public static final class Judged<T> implements POutput {
    private final PCollectionTuple outputs;
    private final Tags<T> tags;

    private Judged(PCollectionTuple outputs, Tags<T> tags) {
      this.outputs = outputs;
      this.tags = tags;
    }

    /** The events that go on. */
    public PCollection<Batch<T>> admitted() {
      return outputs.get(tags.admitted);
    }

    /** Those that came too late; empty unless the policy is to keep them. */
    public PCollection<LateRecord> late() {
      return outputs.get(tags.late);
    }

    /** Those whose id was admitted with another content. */
    public PCollection<DeadLetter> conflicting() {
      return outputs.get(tags.conflicting);
    }

    /** How many events were admitted, duplicate and late; conflicting ones are dead letters. */
    public PCollection<List<LedgerEntry>> tallies() {
      return outputs.get(tags.tallies);
    }

    @Override
    public Pipeline getPipeline() {
      return outputs.getPipeline();
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
      return outputs.expand();
    }

    @Override
    public void finishSpecifyingOutput(
        String transformName, PInput input, PTransform<?, ?> transform) {
      outputs.finishSpecifyingOutput(transformName, input, transform);
    }
  }

  private static final class JudgeFn<T> extends DoFn<KV<Integer, byte[]>, Batch<T>> {
    private static final long serialVersionUID = 1L;
    private static final String SHARD = "shard";
    private static final String BLOCKS = "blocks";
    private static final String TICK = "tick";

    private final String pipeline;
    private final Identity<T> identity;
    private final AdmissionRule rule;
    private final Tags<T> tags;
    private final Coder<T> coder;
    private final Counter duplicates;
    private final Counter conflicting;
    private final Counter late;

    @StateId(SHARD)
    private final StateSpec<ValueState<ShardState>> shardSpec =
        StateSpecs.value(new ShardState.StateCoder());

    @StateId(BLOCKS)
    private final StateSpec<MapState<Integer, byte[]>> blocksSpec =
        StateSpecs.map(VarIntCoder.of(), ByteArrayCoder.of());

    /** Follows the watermark for as long as there is one. */
    @TimerId(TICK)
    private final TimerSpec tickSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    private transient Map<Integer, SeenIds> shards;
    private transient Tally tally;
    private transient long duplicatesInBundle;
    private transient long conflictingInBundle;
    private transient long lateInBundle;

    JudgeFn(
        String pipeline, Identity<T> identity, AdmissionRule rule, Tags<T> tags, Coder<T> coder) {
      this.pipeline = pipeline;
      this.identity = identity;
      this.rule = rule;
      this.tags = tags;
      this.coder = coder;
      this.duplicates = Metrics.counter(pipeline, "duplicates");
      this.conflicting = Metrics.counter(pipeline, "conflicting");
      this.late = Metrics.counter(pipeline, "late");
    }

    @Setup
    public void setup() {
      shards = new HashMap<>();
    }

    @StartBundle
    public void startBundle() {
      tally = new Tally(rule.window());
      duplicatesInBundle = 0;
      conflictingInBundle = 0;
      lateInBundle = 0;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, byte[]> batch,
        @StateId(SHARD) ValueState<ShardState> shard,
        @StateId(BLOCKS) MapState<Integer, byte[]> blocks,
        @TimerId(TICK) Timer tick,
        MultiOutputReceiver out)
        throws IOException {
      ShardState before = shard.read();
      ShardState state = before == null ? ShardState.fresh() : before;
      long watermark = Math.max(state.watermark(), tick.getCurrentRelativeTime().getMillis());
      SeenIds seen = shards.computeIfAbsent(batch.getKey(), key -> new SeenIds());
      seen.open(state.ids(), blocks);
      List<Candidate<T>> candidates = Candidate.read(batch.getValue(), coder);
      seen.expect(candidates);
      BatchBuilder<T> admitted = new BatchBuilder<>(candidates.size());
      for (Candidate<T> each : candidates) {
        judge(each, seen, watermark, admitted, out);
      }
      if (!admitted.isEmpty()) {
        out.get(tags.admitted).output(admitted.build());
      }
      IdLog ids = seen.close();
      if (before == null) {
        arm(Math.max(watermark, BoundedWindow.TIMESTAMP_MIN_VALUE.getMillis()), tick);
      }
      if (before == null || !ids.equals(state.ids())) {
        shard.write(state.withIds(ids));
      }
    }

    private void judge(
        Candidate<T> candidate,
        SeenIds seen,
        long watermark,
        BatchBuilder<T> admitted,
        MultiOutputReceiver out) {
      IdBlock.Known known = seen.find(candidate, rule.horizon().getStandardSeconds());
      if (known == IdBlock.Known.SAME) {
        tally.add(Stage.DUPLICATE, candidate.millis());
        duplicatesInBundle++;
      } else if (known == IdBlock.Known.CONFLICTING) {
        conflictingInBundle++;
        out.get(tags.conflicting)
            .outputWithTimestamp(
                conflictOf(candidate.value()), Instant.ofEpochMilli(candidate.millis()));
      } else if (rule.isLate(candidate.millis(), watermark)) {
        lateInBundle++;
        late(candidate, seen, watermark, admitted, out);
      } else {
        admit(candidate, seen, admitted);
      }
    }

    private void admit(Candidate<T> candidate, SeenIds seen, BatchBuilder<T> admitted) {
      seen.add(candidate);
      tally.add(Stage.ADMITTED, candidate.millis());
      admitted.add(candidate.value(), candidate.millis());
    }

    private void late(
        Candidate<T> candidate,
        SeenIds seen,
        long watermark,
        BatchBuilder<T> admitted,
        MultiOutputReceiver out) {
      if (rule.late() == LatePolicy.APPLY) {
        tally.add(Stage.LATE_APPLIED, candidate.millis());
        admit(candidate, seen, admitted);
        return;
      }
      tally.add(Stage.LATE, candidate.millis());
      if (rule.late() == LatePolicy.SIDE_TABLE) {
        out.get(tags.late)
            .outputWithTimestamp(
                new LateRecord(
                    identity.record(candidate.value()),
                    pipeline,
                    java.time.Instant.ofEpochMilli(candidate.millis()),
                    java.time.Instant.ofEpochMilli(watermark)),
                Instant.ofEpochMilli(candidate.millis()));
      }
    }

    private DeadLetter conflictOf(T element) {
      return DeadLetter.of(
          identity.record(element),
          pipeline,
          STAGE,
          CONFLICTING,
          "an event with the id "
              + identity.id(element)
              + " and another content came before: one of the two is wrong");
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext out) {
      duplicates.inc(duplicatesInBundle);
      conflicting.inc(conflictingInBundle);
      late.inc(lateInBundle);
      tally.output((counts, time, window) -> out.output(tags.tallies, counts, time, window));
    }

    @OnTimer(TICK)
    public void tick(
        @StateId(SHARD) ValueState<ShardState> shard,
        @StateId(BLOCKS) MapState<Integer, byte[]> blocks,
        @TimerId(TICK) Timer tick,
        @Key Integer key) {
      long watermark = tick.getCurrentRelativeTime().getMillis();
      ShardState before = shard.read();
      ShardState state = before == null ? ShardState.fresh() : before;
      state = state.withWatermark(Math.max(state.watermark(), watermark));
      if (state.ids().ids() == 0 || state.swept() == ShardState.NEVER) {
        state = state.withSwept(watermark);
      } else if (watermark - state.swept() >= rule.sweepEvery()) {
        SeenIds seen = shards.computeIfAbsent(key, each -> new SeenIds());
        seen.open(state.ids(), blocks);
        seen.forgetBefore(rule.remembersFrom(watermark));
        state = state.withIds(seen.close()).withSwept(watermark);
      }
      shard.write(state);
      if (watermark < GlobalWindow.INSTANCE.maxTimestamp().getMillis()) {
        arm(watermark, tick);
      } else {
        shards.remove(key);
      }
    }

    /** On the grid of the ticks, so that the shards' timers fire together. */
    private static void arm(long watermark, Timer tick) {
      long length = AdmissionRule.TICK.getMillis();
      Instant next = Instant.ofEpochMilli((Math.floorDiv(watermark, length) + 1) * length);
      Instant last = GlobalWindow.INSTANCE.maxTimestamp();
      tick.withNoOutputTimestamp().set(next.isAfter(last) ? last : next);
    }
  }
}
