package dev.millrace.transforms.admission;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.LedgerEntryCoder;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.FieldWriter;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.io.GenerateSequence;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.FlatMapElements;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.Reify;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.Rule;
import org.junit.Test;

/** Elements are an id and a content, like "e1 a". Windows of 5 minutes, 10 minutes of lateness. */
public class AdmitOnceTest implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final Duration HOUR = Duration.standardHours(1);
  private static final Duration FIVE_MINUTES = Duration.standardMinutes(5);
  private static final Duration TEN_MINUTES = Duration.standardMinutes(10);

  /** When what is of 08:00 to 08:05 is not yet late, by a millisecond: its last moment is .999. */
  private static final Instant LAST_MOMENT =
      EIGHT.plus(Duration.standardMinutes(15)).minus(Duration.millis(1));

  /** More than there are shards, so that each shard has several. */
  private static final int MANY = 640;

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();

  @Test
  public void boundedRunAdmitsOneElementOfEachId() {
    List<TimestampedValue<String>> elements = new ArrayList<>();
    for (int id = 0; id < 1_000; id++) {
      for (int copy = 0; copy < 3; copy++) {
        elements.add(at(id % 3_600, "e" + id + " a"));
      }
    }
    Collections.shuffle(elements, new Random(20260526));

    AdmitOnce.Judged<String> judged = judge(Create.timestamped(elements));

    PAssert.that(judged.admitted().apply(Batches.values())).satisfies(admitsEachOf(1_000));
    assertCounts(judged, Map.of(Stage.ADMITTED, 1_000L, Stage.DUPLICATE, 2_000L));
    pipeline.run();
  }

  @Test
  public void inABoundedRunNothingIsLate() {
    AdmitOnce.Judged<String> judged =
        judge(
            Create.timestamped(
                at(0, "e1 a"), at(86_400, "e2 a"), at(30 * 86_400, "e3 a"), at(1, "e4 a")));

    PAssert.that(judged.admitted().apply(Batches.values()))
        .containsInAnyOrder("e1 a", "e2 a", "e3 a", "e4 a");
    PAssert.that(judged.late()).empty();
    pipeline.run();
  }

  @Test
  public void bundleLargerThanItsBufferAdmitsOneElementOfEachId() {
    // What one element becomes is one bundle; every id stands in it before and after a flush.
    PCollection<String> all =
        pipeline
            .apply(Create.of("one"))
            .apply(
                FlatMapElements.into(TypeDescriptors.strings())
                    .via(
                        element -> {
                          List<String> many = new ArrayList<>();
                          for (int i = 0; i < 12_000; i++) {
                            many.add("e" + i % 4_000 + " a");
                          }
                          return many;
                        }));

    PAssert.that(
            all.apply(Batches.ofOne())
                .apply(admit(LatePolicy.SIDE_TABLE))
                .admitted()
                .apply(Batches.values()))
        .satisfies(admitsEachOf(4_000));
    pipeline.run();
  }

  @Test
  public void firstToArriveIsAdmittedWithItsOwnTimeAndOthersOfItsIdConflict() {
    AdmitOnce.Judged<String> judged =
        judge(
            stream()
                .addElements(at(60, "e1 a"))
                .addElements(at(0, "e1 a"), at(90, "e2 a"))
                .addElements(at(60, "e1 b"), at(60, "e1 a"))
                .advanceWatermarkToInfinity());

    PAssert.that(judged.admitted().apply(Batches.values()).apply(Reify.timestamps()))
        .containsInAnyOrder(List.of(at(60, "e1 a"), at(90, "e2 a")));
    PAssert.that(
            judged
                .conflicting()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(
                            letter ->
                                letter.stage()
                                    + " "
                                    + letter.errorClass()
                                    + " "
                                    + text(letter.record()))))
        .containsInAnyOrder("admit conflicting_id e1 a", "admit conflicting_id e1 b");
    assertCounts(judged, Map.of(Stage.ADMITTED, 2L, Stage.DUPLICATE, 1L));
    pipeline.run();
  }

  @Test
  public void aMillionDuplicatesOfOneIdAreDuplicates() {
    PCollection<String> all =
        pipeline
            .apply(GenerateSequence.from(0).to(1_000_001))
            .apply(MapElements.into(TypeDescriptors.strings()).via(number -> "e1 a"));

    AdmitOnce.Judged<String> judged =
        all.apply(Batches.ofOne()).apply(admit(LatePolicy.SIDE_TABLE));

    PAssert.that(judged.admitted().apply(Batches.values())).containsInAnyOrder("e1 a");
    PAssert.that(judged.conflicting()).empty();
    assertCounts(judged, Map.of(Stage.ADMITTED, 1L, Stage.DUPLICATE, 1_000_000L));
    pipeline.run();
  }

  @Test
  public void justInTimeIsAdmitted() {
    AdmitOnce.Judged<String> judged =
        judge(
            stream()
                .advanceWatermarkTo(LAST_MOMENT)
                .addElements(at(0, "e1 a"), at(299, "e2 a"))
                .advanceWatermarkToInfinity());

    PAssert.that(judged.admitted().apply(Batches.values())).containsInAnyOrder("e1 a", "e2 a");
    PAssert.that(judged.late()).empty();
    pipeline.run();
  }

  @Test
  public void tooLateGoesToTheLateRecordsWithTheWatermarkAndItsLateness() {
    Instant tooLate = LAST_MOMENT.plus(Duration.millis(1));

    AdmitOnce.Judged<String> judged =
        judge(
            stream()
                .advanceWatermarkTo(tooLate)
                .addElements(at(299, "e1 a"), at(300, "e2 a"))
                .advanceWatermarkToInfinity());

    PAssert.that(judged.admitted().apply(Batches.values())).containsInAnyOrder("e2 a");
    PAssert.thatSingleton(judged.late())
        .satisfies(
            late -> {
              assertThat(text(late.record()), is("e1 a"));
              assertThat(late.pipeline(), is("test"));
              assertThat(
                  late.eventTime().toEpochMilli(), is(at(299, "").getTimestamp().getMillis()));
              assertThat(late.watermark().toEpochMilli(), is(tooLate.getMillis()));
              assertThat(late.lateBy(), is(java.time.Duration.ofSeconds(601)));
              return null;
            });
    assertCounts(judged, Map.of(Stage.ADMITTED, 1L, Stage.LATE, 1L));
    pipeline.run();
  }

  @Test
  public void lateIsCountedAndDroppedIfThePolicySaysSo() {
    AdmitOnce.Judged<String> judged = lateByADay(LatePolicy.DROP);

    PAssert.that(judged.admitted().apply(Batches.values())).empty();
    PAssert.that(judged.late()).empty();
    assertCounts(judged, Map.of(Stage.LATE, 1L));
    pipeline.run();
  }

  @Test
  public void lateIsCountedAndAdmittedIfThePolicySaysSo() {
    AdmitOnce.Judged<String> judged = lateByADay(LatePolicy.APPLY);

    PAssert.that(judged.admitted().apply(Batches.values())).containsInAnyOrder("e1 a");
    PAssert.that(judged.late()).empty();
    assertCounts(judged, Map.of(Stage.ADMITTED, 1L, Stage.LATE_APPLIED, 1L));
    pipeline.run();
  }

  @Test
  public void duplicateInsideTheHorizonIsADuplicateThoughItComesTooLate() {
    AdmitOnce.Judged<String> judged =
        judge(
            stream()
                .addElements(at(0, "e1 a"))
                .advanceWatermarkTo(EIGHT.plus(HOUR))
                .addElements(at(0, "e1 a"))
                .advanceWatermarkToInfinity());

    PAssert.that(judged.admitted().apply(Batches.values())).containsInAnyOrder("e1 a");
    PAssert.that(judged.late()).empty();
    assertCounts(judged, Map.of(Stage.ADMITTED, 1L, Stage.DUPLICATE, 1L));
    pipeline.run();
  }

  /** What the transform documents: an id is not known for ever. */
  @Test
  public void duplicateBeyondTheHorizonIsAdmitted() {
    AdmitOnce.Judged<String> judged =
        judge(
            stream()
                .addElements(at(0, "e1 a"), at(3_600, "e1 a"), at(3_601, "e1 a"))
                .advanceWatermarkToInfinity());

    PAssert.that(judged.admitted().apply(Batches.values()).apply(Reify.timestamps()))
        .containsInAnyOrder(List.of(at(0, "e1 a"), at(3_601, "e1 a")));
    pipeline.run();
  }

  @Test
  public void idsAreForgottenOnlyWhenNoDuplicateOfThemCouldBeInTime() {
    Duration remembered = HOUR.plus(FIVE_MINUTES).plus(TEN_MINUTES);
    TestStream.Builder<String> stream = add(stream(), many("old", 0));
    stream = stream.advanceWatermarkTo(EIGHT.plus(Duration.standardMinutes(1)));
    stream = add(stream, many("young", 3_000));
    // Swept here, and nothing may be gone.
    stream = stream.advanceWatermarkTo(EIGHT.plus(remembered));
    stream = add(stream, many("old", 0));
    stream = add(stream, many("young", 3_000));
    // And here the old ones are.
    stream = stream.advanceWatermarkTo(EIGHT.plus(remembered).plus(TEN_MINUTES));
    stream = add(stream, many("old", 0));
    stream = add(stream, many("young", 3_000));

    AdmitOnce.Judged<String> judged = judge(stream.advanceWatermarkToInfinity());

    assertCounts(
        judged,
        Map.of(Stage.ADMITTED, 2L * MANY, Stage.DUPLICATE, 3L * MANY, Stage.LATE, 1L * MANY));
    pipeline.run();
  }

  @Test
  public void everyShardFollowsTheWatermarkFromTheFirstElementOn() {
    // One element: 63 shards get nothing of their own, and yet know how late it is.
    TestStream.Builder<String> stream = stream().addElements(at(0, "e1 a"));
    stream = stream.advanceWatermarkTo(EIGHT.plus(HOUR));

    AdmitOnce.Judged<String> judged =
        judge(add(stream, many("late", 0)).advanceWatermarkToInfinity());

    assertCounts(judged, Map.of(Stage.ADMITTED, 1L, Stage.LATE, 1L * MANY));
    pipeline.run();
  }

  private AdmitOnce.Judged<String> lateByADay(LatePolicy policy) {
    return pipeline
        .apply(
            stream()
                .advanceWatermarkTo(EIGHT.plus(Duration.standardDays(1)))
                .addElements(at(0, "e1 a"))
                .advanceWatermarkToInfinity())
        .apply(Batches.ofOne())
        .apply(admit(policy));
  }

  private AdmitOnce.Judged<String> judge(TestStream<String> stream) {
    return pipeline.apply(stream).apply(Batches.ofOne()).apply(admit(LatePolicy.SIDE_TABLE));
  }

  private AdmitOnce.Judged<String> judge(Create.TimestampedValues<String> elements) {
    return pipeline
        .apply(elements.withCoder(StringUtf8Coder.of()))
        .apply(Batches.ofOne())
        .apply(admit(LatePolicy.SIDE_TABLE));
  }

  private static AdmitOnce<String> admit(LatePolicy policy) {
    return AdmitOnce.by(
        "test", new FirstWord(), AdmissionRule.of(HOUR, FIVE_MINUTES, TEN_MINUTES, policy));
  }

  private static final class FirstWord implements Identity<String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String id(String element) {
      return element.substring(0, element.indexOf(' '));
    }

    @Override
    public void content(String element, long millis, FieldWriter out) {
      out.putLong(millis);
      out.putText(element);
    }

    @Override
    public RawRecord record(String element) {
      return new RawRecord(
          null,
          element.getBytes(StandardCharsets.UTF_8),
          List.of(),
          new Origin("test", "elements", 0, 0),
          java.time.Instant.EPOCH);
    }
  }

  private static String text(RawRecord record) {
    return new String(record.value(), StandardCharsets.UTF_8);
  }

  private static SerializableFunction<Iterable<String>, Void> admitsEachOf(int number) {
    return all -> {
      List<String> ids = new ArrayList<>();
      all.forEach(ids::add);
      assertThat(ids.size(), is(number));
      assertThat(new TreeSet<>(ids).size(), is(number));
      return null;
    };
  }

  private static void assertCounts(AdmitOnce.Judged<String> judged, Map<String, Long> expected) {
    TreeMap<String, Long> wanted = new TreeMap<>(expected);
    PCollection<LedgerEntry> entries =
        judged
            .tallies()
            .apply(
                FlatMapElements.into(LedgerEntryCoder.of().getEncodedTypeDescriptor())
                    .via(all -> all))
            .setCoder(LedgerEntryCoder.of());
    PAssert.that(entries)
        .satisfies(
            all -> {
              TreeMap<String, Long> sums = new TreeMap<>();
              all.forEach(each -> sums.merge(each.stage(), each.count(), Long::sum));
              assertThat(sums, is(wanted));
              return null;
            });
  }

  private static TestStream.Builder<String> stream() {
    return TestStream.create(StringUtf8Coder.of());
  }

  private static List<TimestampedValue<String>> many(String prefix, long seconds) {
    List<TimestampedValue<String>> many = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      many.add(at(seconds, prefix + i + " a"));
    }
    return many;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // An array of generics, of the stream's making.
  private static TestStream.Builder<String> add(
      TestStream.Builder<String> stream, List<TimestampedValue<String>> elements) {
    return stream.addElements(
        elements.get(0), elements.subList(1, elements.size()).toArray(new TimestampedValue[0]));
  }

  private static TimestampedValue<String> at(long seconds, String element) {
    return TimestampedValue.of(element, EIGHT.plus(Duration.standardSeconds(seconds)));
  }
}
