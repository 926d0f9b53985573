package dev.millrace.io.archive;

import dev.millrace.transforms.record.RawRecord;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.util.MimeTypes;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A topic's archive: {@code ROOT/TOPIC/2026-05-04/08/PARTITION-OFFSET.avro} and a {@code
 * manifest.json} in each hour. A file has the records of an hour and a partition whose offsets lie
 * in a block of fixed size, which names it: whoever writes it again writes the same file. Files are
 * put in their place whole.
 *
 * @param root a path, or a URI that Beam's file systems know
 * @param topic whose
 */
record ArchiveDirectory(String root, String topic) implements Serializable {
  private static final DateTimeFormatter HOUR_PATH =
      DateTimeFormatter.ofPattern("yyyy-MM-dd/HH").withZone(ZoneOffset.UTC);
  private static final String MANIFEST = "manifest.json";

  /** A file of an hour and a block. */
  record FileKey(String hour, int partition, long block) {

    /** As text, which is the same for equal ones. */
    String text() {
      return hour + " " + partition + " " + block;
    }

    static FileKey parse(String text) {
      String[] parts = text.split(" ", -1);
      return new FileKey(parts[0], Integer.parseInt(parts[1]), Long.parseLong(parts[2]));
    }
  }

  /** The hour of a record's timestamp, as it stands in paths. */
  static String hourOf(Instant timestamp) {
    return HOUR_PATH.format(timestamp);
  }

  /** The start of an hour, from its path. */
  static Instant startOf(String hour) {
    return Instant.parse(hour.replace('/', 'T') + ":00:00Z");
  }

  private String directory(String hour) {
    return root + "/" + topic + "/" + hour + "/";
  }

  /** The path of a file. */
  String path(String hour, String name) {
    return directory(hour) + name;
  }

  private static String name(FileKey key, long blockSize) {
    return "%d-%019d.avro".formatted(key.partition(), key.block() * blockSize);
  }

  /**
   * Adds records to a file, if they aren't in it.
   *
   * @throws IOException also if it has another record at one of their offsets
   */
  ArchiveManifest.Entry add(FileKey key, long blockSize, Collection<RawRecord> records)
      throws IOException {
    String name = name(key, blockSize);
    String path = path(key.hour(), name);
    Map<Long, RawRecord> all = new TreeMap<>();
    if (exists(path)) {
      read(path, each -> all.put(each.origin().offset(), each));
    }
    int before = all.size();
    for (RawRecord record : records) {
      RawRecord there = all.put(record.origin().offset(), record);
      if (there != null && !there.equals(record)) {
        throw new IOException(
            path
                + " has another record at offset "
                + record.origin().offset()
                + ": was topic "
                + topic
                + " made anew? Keep the new one in another archive");
      }
    }
    if (all.size() > before) {
      replace(path, MimeTypes.BINARY, out -> ArchiveFile.write(all.values(), out));
    }
    Digest digest = digest(path);
    long first = all.keySet().iterator().next();
    long last = first;
    for (Long offset : all.keySet()) {
      last = offset;
    }
    return new ArchiveManifest.Entry(
        name, key.partition(), all.size(), first, last, digest.bytes(), digest.sha256());
  }

  /** Notes files in their hour's manifest. */
  void note(String hour, Collection<ArchiveManifest.Entry> files) throws IOException {
    String path = path(hour, MANIFEST);
    List<ArchiveManifest.Entry> before = exists(path) ? manifest(hour).files() : List.of();
    ArchiveManifest manifest = ArchiveManifest.of(topic, startOf(hour).toString(), before, files);
    if (!manifest.files().equals(before)) {
      byte[] json = manifest.json();
      replace(path, MimeTypes.TEXT, out -> out.write(json));
    }
  }

  /** The manifest of an hour that has one. */
  ArchiveManifest manifest(String hour) throws IOException {
    try (InputStream in = open(path(hour, MANIFEST))) {
      return ArchiveManifest.parse(in.readAllBytes());
    }
  }

  /** The hours that have a manifest, in their order. */
  List<String> hours() throws IOException {
    List<MatchResult.Metadata> found =
        FileSystems.match(root + "/" + topic + "/*/*/" + MANIFEST, EmptyMatchTreatment.ALLOW)
            .metadata();
    return found.stream()
        .map(each -> each.resourceId().getCurrentDirectory().toString())
        .map(each -> each.replaceFirst("/$", ""))
        .map(each -> each.substring(each.length() - "2026-05-04/08".length()))
        .sorted()
        .toList();
  }

  /** What is wrong with a file, for the user; null if nothing is. */
  @Nullable String problem(String hour, ArchiveManifest.Entry entry) {
    String path = path(hour, entry.name());
    try {
      if (!exists(path)) {
        return path + " is missing: " + entry.records() + " records";
      }
      Digest digest = digest(path);
      if (digest.bytes() != entry.bytes()) {
        return "%s has %,d bytes, and %,d in its manifest: it is cut off or changed"
            .formatted(path, digest.bytes(), entry.bytes());
      }
      return digest.sha256().equals(entry.sha256())
          ? null
          : path + " is damaged: its checksum isn't that of its manifest";
    } catch (IOException e) {
      return path + " can't be read: " + e.getMessage();
    }
  }

  /** Reads a file. */
  static void read(String path, java.util.function.Consumer<RawRecord> each) throws IOException {
    try (InputStream in = open(path)) {
      ArchiveFile.read(in, each);
    } catch (IOException e) {
      throw new IOException("can't read " + path + ": " + e.getMessage(), e);
    }
  }

  private record Digest(long bytes, String sha256) {}

  private static Digest digest(String path) throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
    long bytes = 0;
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = open(path)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        sha256.update(buffer, 0, read);
        bytes += read;
      }
    }
    return new Digest(bytes, HexFormat.of().formatHex(sha256.digest()));
  }

  private static InputStream open(String path) throws IOException {
    return Channels.newInputStream(FileSystems.open(FileSystems.matchNewResource(path, false)));
  }

  private static boolean exists(String path) throws IOException {
    try {
      return !FileSystems.match(path, EmptyMatchTreatment.ALLOW).metadata().isEmpty();
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  private interface Content {
    void write(OutputStream out) throws IOException;
  }

  /** Whole or not at all: who reads meanwhile sees the file of before. */
  private static void replace(String path, String type, Content content) throws IOException {
    ResourceId target = FileSystems.matchNewResource(path, false);
    ResourceId temporary =
        FileSystems.matchNewResource(path + ".writing-" + Thread.currentThread().getId(), false);
    try (WritableByteChannel channel = FileSystems.create(temporary, type);
        OutputStream out = Channels.newOutputStream(channel)) {
      content.write(out);
    }
    FileSystems.rename(
        List.of(temporary), List.of(target), MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
  }
}
