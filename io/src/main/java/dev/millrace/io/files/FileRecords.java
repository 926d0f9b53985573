package dev.millrace.io.files;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchBuilder;
import dev.millrace.transforms.record.BatchCoder;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/** Reads the lines of files as records. */
public final class FileRecords {
  /** The {@link Origin#system()} of records from files. */
  public static final String SYSTEM = "file";

  private FileRecords() {}

  /**
   * Reads each line of each file that {@code glob} matches, plain or compressed (by its name: .gz,
   * .bz2, .zst), as one record without its line feed.
   *
   * @param glob a path with wildcards, of any file system that Beam knows
   * @param eventTime how records are dated; a record's own timestamp is the file's modification
   *     time
   */
  public static Read read(String glob, EventTime eventTime) {
    return new Read(glob, eventTime);
  }

  /**
   * The lines of the files.
   *
   * <ul>
   *   <li>Output: bounded. {@link RawRecord#loadedAt()} is the file's modification time: a second
   *       run over the same files yields the same records.
   *   <li>Order: none; files are read in parallel, each by one worker.
   *   <li>Restart: a file is read again from its start.
   *   <li>Errors: no file, a file that can't be read, a line of more than {@value
   *       LineReader#MAX_LINE_BYTES} bytes fail the run. An empty line is an empty record.
   * </ul>
   */
  public static final class Read extends PTransform<PBegin, PCollection<Batch<RawRecord>>> {
    private static final long serialVersionUID = 1L;

    private final String glob;
    private final EventTime eventTime;

    private Read(String glob, EventTime eventTime) {
      this.glob = glob;
      this.eventTime = eventTime;
    }

    @Override
    public PCollection<Batch<RawRecord>> expand(PBegin begin) {
      return begin
          .apply("Glob", Create.of(glob))
          .apply("FindFiles", ParDo.of(new FindFilesFn()))
          .setCoder(KvCoder.of(StringUtf8Coder.of(), VarLongCoder.of()))
          .apply("SpreadFiles", Reshuffle.viaRandomKey())
          .apply("ReadLines", ParDo.of(new ReadLinesFn(eventTime)))
          .setCoder(BatchCoder.of(RawRecordCoder.of()));
    }
  }

  /** Paths with their modification times, which Beam's FileIO.match loses on its way. */
  private static final class FindFilesFn extends DoFn<String, KV<String, Long>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element String glob, OutputReceiver<KV<String, Long>> out)
        throws IOException {
      for (MatchResult.Metadata file :
          FileSystems.match(glob, EmptyMatchTreatment.DISALLOW).metadata()) {
        out.output(KV.of(file.resourceId().toString(), file.lastModifiedMillis()));
      }
    }
  }

  private static final class ReadLinesFn extends DoFn<KV<String, Long>, Batch<RawRecord>> {
    private static final long serialVersionUID = 1L;

    private static final int MAX_LINES = 500;
    private static final long MAX_BYTES = 1 << 20;

    private final EventTime eventTime;

    ReadLinesFn(EventTime eventTime) {
      this.eventTime = eventTime;
    }

    @ProcessElement
    public void process(@Element KV<String, Long> file, OutputReceiver<Batch<RawRecord>> out)
        throws IOException {
      String path = file.getKey();
      Instant modified = Instant.ofEpochMilli(file.getValue());
      try (InputStream in =
          Channels.newInputStream(
              Compression.detect(path)
                  .readDecompressed(FileSystems.open(FileSystems.matchNewResource(path, false))))) {
        LineReader lines = new LineReader(in);
        BatchBuilder<RawRecord> batch = new BatchBuilder<>(MAX_LINES);
        long bytes = 0;
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
          Origin origin = new Origin(SYSTEM, path, 0, lines.lineStart());
          long millis = eventTime.find(line, file.getValue());
          batch.add(
              new RawRecord(null, line, List.of(), origin, modified),
              millis == EventTime.UNUSABLE ? EventTime.fallback(file.getValue()) : millis);
          bytes += line.length;
          if (batch.size() == MAX_LINES || bytes >= MAX_BYTES) {
            output(batch, out);
            batch = new BatchBuilder<>(MAX_LINES);
            bytes = 0;
          }
        }
        if (!batch.isEmpty()) {
          output(batch, out);
        }
      } catch (IOException e) {
        throw new IOException("can't read " + path + ": " + e.getMessage(), e);
      }
    }

    private static void output(
        BatchBuilder<RawRecord> lines, OutputReceiver<Batch<RawRecord>> out) {
      Batch<RawRecord> batch = lines.build();
      out.outputWithTimestamp(batch, org.joda.time.Instant.ofEpochMilli(batch.oldest()));
    }
  }
}
