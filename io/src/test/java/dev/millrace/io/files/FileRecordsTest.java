package dev.millrace.io.files;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertThrows;

import dev.millrace.transforms.record.Batches;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.beam.sdk.Pipeline.PipelineExecutionException;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.values.PCollection;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class FileRecordsTest implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Instant MODIFIED = Instant.parse("2026-05-26T08:00:01Z");

  @Rule public final transient TestPipeline pipeline = TestPipeline.create();
  @Rule public final transient TemporaryFolder folder = new TemporaryFolder();

  @Test
  public void readsPlainAndCompressedLinesWithWhereAndWhenTheyWereLoaded() throws IOException {
    Path plain = file("a.jsonl", "one\ntwo\n");
    Path packed = gzip("b.jsonl.gz", "three\n\nfour");
    RawRecord[] expected = {
      record("one", plain, 0),
      record("two", plain, 4),
      record("three", packed, 0),
      record("", packed, 6),
      record("four", packed, 7)
    };

    PCollection<RawRecord> records =
        pipeline
            .apply(FileRecords.read(folder.getRoot() + "/*.jsonl*", EventTime.ofRecord()))
            .apply(Batches.values());

    PAssert.that(records).containsInAnyOrder(expected);
    pipeline.run();
  }

  @Test
  public void damagedArchiveFailsTheRunAndNamesTheFile() throws IOException {
    Path broken = gzip("broken.jsonl.gz", "x".repeat(1_000));
    Files.write(broken, Arrays.copyOf(Files.readAllBytes(broken), 20));
    pipeline.apply(FileRecords.read(folder.getRoot() + "/*", EventTime.ofRecord()));

    PipelineExecutionException e = assertThrows(PipelineExecutionException.class, pipeline::run);

    assertThat(e.getCause().getMessage(), containsString("broken.jsonl.gz"));
  }

  private Path file(String name, String content) throws IOException {
    Path path = folder.getRoot().toPath().resolve(name);
    Files.writeString(path, content);
    Files.setLastModifiedTime(path, FileTime.from(MODIFIED));
    return path;
  }

  private Path gzip(String name, String content) throws IOException {
    Path path = folder.getRoot().toPath().resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
    Files.setLastModifiedTime(path, FileTime.from(MODIFIED));
    return path;
  }

  private static RawRecord record(String line, Path path, long offset) {
    return new RawRecord(
        null,
        line.getBytes(StandardCharsets.UTF_8),
        List.of(),
        new Origin("file", path.toString(), 0, offset),
        MODIFIED);
  }
}
