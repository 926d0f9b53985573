package dev.millrace.io.archive;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * What an hour of an archive holds.
 *
 * @param topic the topic
 * @param hour its start, like 2026-05-04T08:00:00Z
 * @param records how many records all files have
 * @param files in the order of their names
 */
record ArchiveManifest(String topic, String hour, long records, List<Entry> files) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /**
   * A file.
   *
   * @param name in the hour's directory
   * @param records how many it has
   * @param firstOffset of them
   * @param lastOffset of them
   * @param bytes its length
   * @param sha256 of its bytes, in hexadecimal
   */
  record Entry(
      String name,
      int partition,
      long records,
      @JsonProperty("first_offset") long firstOffset,
      @JsonProperty("last_offset") long lastOffset,
      long bytes,
      String sha256)
      implements Serializable {}

  static ArchiveManifest parse(byte[] json) throws IOException {
    return JSON.readValue(json, ArchiveManifest.class);
  }

  /** The same with these files, in the place of those of their names. */
  static ArchiveManifest of(
      String topic, String hour, Collection<Entry> before, Collection<Entry> newer) {
    TreeMap<String, Entry> files = new TreeMap<>();
    before.forEach(each -> files.put(each.name(), each));
    newer.forEach(
        each ->
            files.merge(
                each.name(), each, (old, its) -> its.records() >= old.records() ? its : old));
    long records = files.values().stream().mapToLong(Entry::records).sum();
    return new ArchiveManifest(topic, hour, records, List.copyOf(files.values()));
  }

  byte[] json() throws IOException {
    return JSON.writeValueAsBytes(this);
  }
}
