package dev.millrace.runners.feed;

import dev.millrace.io.files.LineReader;
import dev.millrace.io.kafka.KafkaTopic;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Sends the lines of files to a topic, with faults.
 *
 * @param events what they are
 * @param bootstrapServers the brokers
 * @param topic made if it isn't there, with records that never expire
 * @param partitions of a topic that is made
 * @param recordsPerSecond at most; 0: as fast as it goes
 * @param eventTimestamps whether a record's Kafka timestamp is its event time, or now
 */
public record Feed(
    Events events,
    String bootstrapServers,
    String topic,
    int partitions,
    int recordsPerSecond,
    boolean eventTimestamps,
    Faults faults) {

  private static final int MAX_REQUEST_BYTES = 32 << 20;

  /** What was sent. */
  public record Sent(long originals, long late, long duplicates, long malformed, long conflicting) {
    /** What {@code counts} say. */
    public static Sent of(Map<Outgoing.Kind, Long> counts) {
      return new Sent(
          counts.getOrDefault(Outgoing.Kind.ORIGINAL, 0L),
          counts.getOrDefault(Outgoing.Kind.LATE, 0L),
          counts.getOrDefault(Outgoing.Kind.DUPLICATE, 0L),
          counts.getOrDefault(Outgoing.Kind.MALFORMED, 0L),
          counts.getOrDefault(Outgoing.Kind.CONFLICTING, 0L));
    }

    /** All records. */
    public long total() {
      return originals + late + duplicates + malformed + conflicting;
    }
  }

  /** The files that {@code glob} matches, by name. */
  public static List<MatchResult.Metadata> files(String glob) throws IOException {
    List<MatchResult.Metadata> files =
        new ArrayList<>(FileSystems.match(glob, EmptyMatchTreatment.DISALLOW).metadata());
    files.sort(Comparator.comparing(file -> file.resourceId().toString()));
    return files;
  }

  /**
   * Makes the topic if it isn't there.
   *
   * @return whether it was made
   */
  public boolean createTopic() {
    return new KafkaTopic(bootstrapServers, topic, "millrace-feed", Map.of()).create(partitions);
  }

  /**
   * Sends everything and returns when the brokers have acknowledged it.
   *
   * @param progress told how many bytes of the files are read
   */
  public Sent send(List<MatchResult.Metadata> files, LongConsumer progress) throws IOException {
    Map<Outgoing.Kind, Long> counts = new EnumMap<>(Outgoing.Kind.class);
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    FaultyOrder order = new FaultyOrder(events, faults);
    long begin = System.nanoTime();
    try (Producer<byte[], byte[]> producer = producer()) {
      Consumer<Outgoing> send =
          record -> {
            long sent = counts.merge(record.kind(), 1L, Long::sum);
            pace(begin, counts.values().stream().mapToLong(Long::longValue).sum());
            // Its failures arrive at the callback.
            Future<?> unused =
                producer.send(
                    toKafka(record), (metadata, error) -> failure.compareAndSet(null, error));
            if (failure.get() != null) {
              throw new KafkaException(
                  "record " + sent + " was not taken: " + failure.get().getMessage());
            }
          };
      long readBefore = 0;
      for (MatchResult.Metadata file : files) {
        sendFile(file, order, send, progress, readBefore);
        readBefore += file.sizeBytes();
      }
      order.finish(send);
      producer.flush();
    }
    if (failure.get() != null) {
      throw new KafkaException("not all records were taken: " + failure.get().getMessage());
    }
    return Sent.of(counts);
  }

  private static void sendFile(
      MatchResult.Metadata file,
      FaultyOrder order,
      Consumer<Outgoing> send,
      LongConsumer progress,
      long readBefore)
      throws IOException {
    String path = file.resourceId().toString();
    try (CountingChannel counting = new CountingChannel(FileSystems.open(file.resourceId()));
        InputStream in =
            new BufferedInputStream(
                Channels.newInputStream(Compression.detect(path).readDecompressed(counting)))) {
      LineReader lines = new LineReader(in);
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        order.add(line, send);
        progress.accept(readBefore + counting.count());
      }
    } catch (IOException e) {
      throw new IOException("can't read " + path + ": " + e.getMessage(), e);
    }
  }

  private ProducerRecord<byte[], byte[]> toKafka(Outgoing record) {
    byte[] key = record.key() == null ? null : record.key().getBytes(StandardCharsets.UTF_8);
    Long timestamp = eventTimestamps ? Long.valueOf(record.eventMillis()) : null;
    return new ProducerRecord<>(topic, null, timestamp, key, record.value());
  }

  private Producer<byte[], byte[]> producer() {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", bootstrapServers);
    config.put("acks", "all");
    config.put("linger.ms", "5");
    config.put("batch.size", "65536");
    config.put("max.request.size", Integer.toString(MAX_REQUEST_BYTES));
    config.put("buffer.memory", Integer.toString(2 * MAX_REQUEST_BYTES));
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void pace(long begin, long sent) {
    if (recordsPerSecond > 0) {
      long due = begin + sent * 1_000_000_000L / recordsPerSecond;
      long wait = due - System.nanoTime();
      if (wait > 0) {
        LockSupport.parkNanos(wait);
      }
    }
  }
}
