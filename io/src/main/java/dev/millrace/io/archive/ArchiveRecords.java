package dev.millrace.io.archive;

import dev.millrace.transforms.ledger.LedgerEntry;
import dev.millrace.transforms.ledger.LedgerEntryCoder;
import dev.millrace.transforms.ledger.Stage;
import dev.millrace.transforms.ledger.Tally;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchBuilder;
import dev.millrace.transforms.record.BatchCoder;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.joda.time.Duration;

/** Topics into files, and back. */
public final class ArchiveRecords {
  /** The windows by which an archive counts. */
  public static final Duration HOUR = Duration.standardHours(1);

  /** The namespace of the counters {@code read} and {@code written}. */
  private static final String METRICS = "archive";

  private static final long BLOCK = 20_000;
  private static final int MAX_BATCHES = 1_000;
  private static final long MAX_BATCH_BYTES = 32L << 20;
  private static final int MAX_ENTRIES = 1_000;
  private static final Duration MAX_WAIT = Duration.standardSeconds(10);

  private ArchiveRecords() {}

  /**
   * Writes the records of a topic.
   *
   * @param root where archives are
   * @param topic the only topic of the records
   */
  public static Write write(String root, String topic) {
    return new Write(new ArchiveDirectory(root, topic));
  }

  /**
   * Reads the hours that overlap a range of ingestion. Looks at all files now.
   *
   * @param range of the records' own timestamps
   * @param eventTime how records are dated
   * @throws IOException with a message for the user if a file is missing or damaged; all such files
   *     are named
   */
  public static Read read(String root, String topic, TimeRange range, EventTime eventTime)
      throws IOException {
    ArchiveDirectory directory = new ArchiveDirectory(root, topic);
    List<String> paths = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    long records = 0;
    for (String hour : directory.hours()) {
      Instant start = ArchiveDirectory.startOf(hour);
      if (start.toEpochMilli() >= range.to()
          || start.toEpochMilli() + HOUR.getMillis() <= range.from()) {
        continue;
      }
      for (ArchiveManifest.Entry entry : directory.manifest(hour).files()) {
        String problem = directory.problem(hour, entry);
        if (problem == null) {
          paths.add(directory.path(hour, entry.name()));
          records += entry.records();
        } else {
          problems.add(problem);
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new IOException(String.join("; ", problems));
    }
    return new Read(paths, records, range, eventTime);
  }

  /**
   * The starts of the first and after the last hour of an archive; an empty range if it is empty.
   */
  public static TimeRange extent(String root, String topic) throws IOException {
    List<String> hours = new ArchiveDirectory(root, topic).hours();
    if (hours.isEmpty()) {
      return new TimeRange(0, 0);
    }
    return new TimeRange(
        ArchiveDirectory.startOf(hours.get(0)).toEpochMilli(),
        ArchiveDirectory.startOf(hours.get(hours.size() - 1)).toEpochMilli() + HOUR.getMillis());
  }

  /**
   * Records into files.
   *
   * <ul>
   *   <li>Input: bounded or unbounded, in the global window. Output: how many were written, for the
   *       ledger, by the hours of their timestamps.
   *   <li>Key and order: none needed; in a file they are in the order of their offsets.
   *   <li>Lateness: looks at no time but the records' own.
   *   <li>Guarantee: exactly once in effect. A record's place is known from its hour and offset; a
   *       file is read, completed and put in its place whole, so that writing again what is there
   *       changes nothing. A record is in its file some 10 s after it was read, in the manifest
   *       after 10 s more.
   *   <li>State: the records of those 10 s.
   * </ul>
   */
  public static final class Write
      extends PTransform<PCollection<Batch<RawRecord>>, PCollection<List<LedgerEntry>>> {
    private static final long serialVersionUID = 1L;

    private final ArchiveDirectory directory;

    private Write(ArchiveDirectory directory) {
      this.directory = directory;
    }

    @Override
    public PCollection<List<LedgerEntry>> expand(PCollection<Batch<RawRecord>> records) {
      TupleTag<KV<String, ArchiveManifest.Entry>> entries = new TupleTag<>("entries");
      TupleTag<List<LedgerEntry>> written = new TupleTag<>("written");
      PCollectionTuple files =
          records
              .apply("ByFile", ParDo.of(new ByFileFn()))
              .setCoder(KvCoder.of(StringUtf8Coder.of(), ListCoder.of(RawRecordCoder.of())))
              .apply(
                  "Gather",
                  GroupIntoBatches.<String, List<RawRecord>>ofSize(MAX_BATCHES)
                      .withByteSize(MAX_BATCH_BYTES, ArchiveRecords::bytes)
                      .withMaxBufferingDuration(MAX_WAIT))
              .apply(
                  "WriteFiles",
                  ParDo.of(new WriteFilesFn(directory, entries, written))
                      .withOutputTags(entries, TupleTagList.of(written)));
      files
          .get(entries)
          .setCoder(
              KvCoder.of(StringUtf8Coder.of(), SerializableCoder.of(ArchiveManifest.Entry.class)))
          .apply(
              "ByHour",
              GroupIntoBatches.<String, ArchiveManifest.Entry>ofSize(MAX_ENTRIES)
                  .withMaxBufferingDuration(MAX_WAIT))
          .apply("WriteManifests", ParDo.of(new WriteManifestsFn(directory)));
      return files.get(written).setCoder(ListCoder.of(LedgerEntryCoder.of()));
    }
  }

  private static long bytes(List<RawRecord> records) {
    return records.stream().mapToLong(record -> 64L + record.valueBytes()).sum();
  }

  /** A batch is of a partition, so its records go into a file or two. */
  private static final class ByFileFn extends DoFn<Batch<RawRecord>, KV<String, List<RawRecord>>> {
    private static final long serialVersionUID = 1L;

    private final Counter read = Metrics.counter(METRICS, "read");

    @ProcessElement
    public void process(
        @Element Batch<RawRecord> records, OutputReceiver<KV<String, List<RawRecord>>> out) {
      read.inc(records.size());
      Map<Place, List<RawRecord>> files = new HashMap<>();
      for (RawRecord record : records.values()) {
        Place place =
            new Place(
                Math.floorDiv(record.loadedAt().toEpochMilli(), HOUR.getMillis()),
                record.origin().partition(),
                record.origin().offset() / BLOCK);
        files.computeIfAbsent(place, each -> new ArrayList<>()).add(record);
      }
      files.forEach((place, its) -> out.output(KV.of(place.key().text(), its)));
    }

    private record Place(long hour, int partition, long block) {
      ArchiveDirectory.FileKey key() {
        Instant start = Instant.ofEpochMilli(hour * HOUR.getMillis());
        return new ArchiveDirectory.FileKey(ArchiveDirectory.hourOf(start), partition, block);
      }
    }
  }

  private static final class WriteFilesFn
      extends DoFn<KV<String, Iterable<List<RawRecord>>>, KV<String, ArchiveManifest.Entry>> {
    private static final long serialVersionUID = 1L;

    private final ArchiveDirectory directory;
    private final TupleTag<KV<String, ArchiveManifest.Entry>> entries;
    private final TupleTag<List<LedgerEntry>> written;
    private final Counter writtenRecords = Metrics.counter(METRICS, "written");

    WriteFilesFn(
        ArchiveDirectory directory,
        TupleTag<KV<String, ArchiveManifest.Entry>> entries,
        TupleTag<List<LedgerEntry>> written) {
      this.directory = directory;
      this.entries = entries;
      this.written = written;
    }

    @ProcessElement
    public void process(
        @Element KV<String, Iterable<List<RawRecord>>> file, MultiOutputReceiver out)
        throws IOException {
      ArchiveDirectory.FileKey key = ArchiveDirectory.FileKey.parse(file.getKey());
      List<RawRecord> records = new ArrayList<>();
      Tally tally = new Tally(HOUR);
      file.getValue().forEach(records::addAll);
      records.forEach(record -> tally.add(Stage.WRITTEN, record.loadedAt().toEpochMilli()));
      ArchiveManifest.Entry entry = directory.add(key, BLOCK, records);
      writtenRecords.inc(records.size());
      out.get(entries).output(KV.of(key.hour(), entry));
      tally.output((counts, at, global) -> out.get(written).output(counts));
    }
  }

  private static final class WriteManifestsFn
      extends DoFn<KV<String, Iterable<ArchiveManifest.Entry>>, Void> {
    private static final long serialVersionUID = 1L;

    private final ArchiveDirectory directory;

    WriteManifestsFn(ArchiveDirectory directory) {
      this.directory = directory;
    }

    @ProcessElement
    public void process(@Element KV<String, Iterable<ArchiveManifest.Entry>> hour)
        throws IOException {
      List<ArchiveManifest.Entry> files = new ArrayList<>();
      hour.getValue().forEach(files::add);
      directory.note(hour.getKey(), files);
    }
  }

  /**
   * The records of some hours.
   *
   * <ul>
   *   <li>Output: bounded, with the origins that they had in the topic.
   *   <li>Order: none; files are read in parallel, each by one worker.
   *   <li>Restart: a file is read again from its start.
   *   <li>Errors: a file that can't be read fails the run.
   * </ul>
   */
  public static final class Read extends PTransform<PBegin, PCollection<Batch<RawRecord>>> {
    private static final long serialVersionUID = 1L;

    private final List<String> paths;
    private final long records;
    private final TimeRange range;
    private final EventTime eventTime;

    private Read(List<String> paths, long records, TimeRange range, EventTime eventTime) {
      this.paths = List.copyOf(paths);
      this.records = records;
      this.range = range;
      this.eventTime = eventTime;
    }

    /** How many records the files have; those outside of the range are passed over. */
    public long records() {
      return records;
    }

    @Override
    public PCollection<Batch<RawRecord>> expand(PBegin begin) {
      return begin
          .apply("Files", Create.of(paths).withCoder(StringUtf8Coder.of()))
          .apply("SpreadFiles", Reshuffle.viaRandomKey())
          .apply("ReadFiles", ParDo.of(new ReadFilesFn(range, eventTime)))
          .setCoder(BatchCoder.of(RawRecordCoder.of()));
    }
  }

  private static final class ReadFilesFn extends DoFn<String, Batch<RawRecord>> {
    private static final long serialVersionUID = 1L;
    private static final int MAX_RECORDS = 500;

    private final TimeRange range;
    private final EventTime eventTime;

    ReadFilesFn(TimeRange range, EventTime eventTime) {
      this.range = range;
      this.eventTime = eventTime;
    }

    @ProcessElement
    public void process(@Element String path, OutputReceiver<Batch<RawRecord>> out)
        throws IOException {
      List<RawRecord> some = new ArrayList<>();
      ArchiveDirectory.read(
          path,
          record -> {
            if (range.contains(record.loadedAt().toEpochMilli())) {
              some.add(record);
            }
            if (some.size() == MAX_RECORDS) {
              output(some, out);
            }
          });
      output(some, out);
    }

    private void output(List<RawRecord> records, OutputReceiver<Batch<RawRecord>> out) {
      if (records.isEmpty()) {
        return;
      }
      BatchBuilder<RawRecord> batch = new BatchBuilder<>(records.size());
      for (RawRecord record : records) {
        long loaded = record.loadedAt().toEpochMilli();
        long millis = eventTime.find(record.value(), loaded);
        batch.add(record, millis == EventTime.UNUSABLE ? EventTime.fallback(loaded) : millis);
      }
      records.clear();
      Batch<RawRecord> built = batch.build();
      out.outputWithTimestamp(built, org.joda.time.Instant.ofEpochMilli(built.oldest()));
    }
  }
}
