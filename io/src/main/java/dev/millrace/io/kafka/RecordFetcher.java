package dev.millrace.io.kafka;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchBuilder;
import dev.millrace.transforms.record.Header;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches partitions ahead of their reader, in a thread of its own, into a buffer bounded by bytes:
 * the core of both sources. Of each partition records come in the order of their offsets.
 *
 * <p>Brokers that are away are waited for. What can't be helped by waiting (no permission, offsets
 * that are gone from a range) is thrown by {@link #next}.
 */
final class RecordFetcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RecordFetcher.class);

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  /** The buffer takes no more than one answer of the brokers beyond this. */
  private static final long MAX_BUFFERED_BYTES = 2 << 20;

  private static final int MAX_BATCH_RECORDS = 500;
  private static final long MAX_BATCH_BYTES = 1 << 20;

  /** What a record costs in memory besides its bytes. */
  private static final int RECORD_OVERHEAD_BYTES = 128;

  /** What the thread tells its reader, in the order in which it happened. */
  sealed interface Event {}

  /**
   * A partition has been read up to an offset.
   *
   * @param nextOffset the first that is not read yet
   * @param batch null if there were no records, only a transaction's or the compaction's gaps
   * @param newestEventMillis of the usable event times; {@link EventTime#UNUSABLE} if none is
   */
  record Fetched(
      int partition,
      long nextOffset,
      @Nullable Batch<RawRecord> batch,
      long newestEventMillis,
      long bytes)
      implements Event {}

  /** A partition has had nothing for a while, and is read to its end. */
  record Idle(int partition) implements Event {}

  /** An idle partition has brought something: the others may have, too, and are minded again. */
  record Awake() implements Event {}

  /** Where only idle partitions are read: the newest event time in the topic's others. */
  record Elsewhere(long newestEventMillis) implements Event {}

  /** What else the thread does between polls; always called by the thread. */
  interface Watch extends AutoCloseable {

    /**
     * Looks after the partitions.
     *
     * @param fetcher to be told of events and of partitions to be read as well
     */
    void look(Consumer<byte[], byte[]> consumer, RecordFetcher fetcher);

    /**
     * A partition's offset is not there any more.
     *
     * @return where to go on
     * @throws KafkaException if there's no going on
     */
    long outOfRange(Consumer<byte[], byte[]> consumer, TopicPartition partition, long offset);

    /** A partition has brought usable event times, of which the reader is told next. */
    void alive(int partition, RecordFetcher fetcher);

    @Override
    void close();
  }

  private final KafkaTopic topic;
  private final EventTime eventTime;
  private final Map<Integer, Long> ends;
  private final Watch watch;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final Condition emptied = lock.newCondition();
  private final ArrayDeque<Event> buffer = new ArrayDeque<>();
  private long bufferedBytes;

  private final AtomicReference<@Nullable Map<Integer, Long>> toCommit = new AtomicReference<>();
  private final Map<Integer, Long> lags = new ConcurrentHashMap<>();
  private final Map<Integer, Long> positions;
  private volatile @Nullable Consumer<byte[], byte[]> consumer;
  private volatile @Nullable RuntimeException failure;
  private volatile boolean closed;

  /**
   * Starts to fetch.
   *
   * @param starts the first offset of each partition
   * @param ends the first offset of each that is not wanted; a partition without one is read on
   */
  RecordFetcher(
      KafkaTopic topic,
      EventTime eventTime,
      Map<Integer, Long> starts,
      Map<Integer, Long> ends,
      Watch watch) {
    this.topic = topic;
    this.eventTime = eventTime;
    this.positions = new HashMap<>(starts);
    this.ends = Map.copyOf(ends);
    this.watch = watch;
    this.thread = new Thread(this::run, "millrace-fetch-" + topic.name());
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * The next event; null if there is none for now.
   *
   * @param wait how long one may be waited for
   * @throws IOException if there will be none any more
   */
  @Nullable Event next(Duration wait) throws IOException {
    long nanos = wait.toNanos();
    lock.lock();
    try {
      while (buffer.isEmpty()) {
        RuntimeException failed = failure;
        if (failed != null) {
          throw new IOException(failed.getMessage(), failed);
        }
        if (nanos <= 0) {
          return null;
        }
        nanos = filled.awaitNanos(nanos);
      }
      Event event = buffer.poll();
      if (event instanceof Fetched fetched) {
        bufferedBytes -= fetched.bytes();
        emptied.signal();
      }
      return event;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Commits offsets of the group, by partition, soon; later ones replace those that wait. */
  void commit(Map<Integer, Long> offsets) {
    toCommit.set(offsets);
  }

  /** How many offsets of the partition are not fetched yet, as far as known; -1 if it isn't. */
  long lag(int partition) {
    return lags.getOrDefault(partition, -1L);
  }

  /** For the watch: tells the reader. */
  void tell(Event event) {
    lock.lock();
    try {
      buffer.add(event);
      if (event instanceof Fetched fetched) {
        bufferedBytes += fetched.bytes();
      }
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /** For the watch: reads a partition as well, from an offset on. */
  void add(int partition, long start) {
    positions.put(partition, start);
    assign();
    tell(new Fetched(partition, start, null, EventTime.UNUSABLE, 0));
  }

  private void run() {
    try {
      KafkaConsumer<byte[], byte[]> created =
          new KafkaConsumer<>(
              topic.consumerConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer = created;
      assign();
      while (!closed) {
        commit();
        if (hasRoom()) {
          fetch();
        }
        watch.look(created, this);
      }
    } catch (WakeupException | InterruptException e) {
      if (!closed) {
        fail(e);
      }
    } catch (KafkaException e) {
      fail(TopicOffsets.explained(topic, e));
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      fail(new IllegalStateException("fetching from " + topic + " failed: " + e, e));
      throw e;
    } finally {
      end();
    }
  }

  private void fail(RuntimeException e) {
    lock.lock();
    try {
      failure = e;
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  private void assign() {
    Collection<TopicPartition> partitions = positions.keySet().stream().map(this::named).toList();
    consumer.assign(partitions);
    positions.forEach((partition, offset) -> consumer.seek(named(partition), offset));
  }

  /** Whether the reader, and not Kafka, is what is waited for. */
  boolean isFull() {
    lock.lock();
    try {
      return bufferedBytes >= MAX_BUFFERED_BYTES;
    } finally {
      lock.unlock();
    }
  }

  /** Waits a while for the reader, if it is behind. */
  private boolean hasRoom() {
    long nanos = POLL.toNanos();
    lock.lock();
    try {
      while (bufferedBytes >= MAX_BUFFERED_BYTES && nanos > 0) {
        nanos = emptied.awaitNanos(nanos);
      }
      return bufferedBytes < MAX_BUFFERED_BYTES;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    } finally {
      lock.unlock();
    }
  }

  private void fetch() {
    ConsumerRecords<byte[], byte[]> records;
    try {
      records = consumer.poll(POLL);
    } catch (OffsetOutOfRangeException e) { // Also of a log that has been cut off.
      goOnElsewhere(e.offsetOutOfRangePartitions());
      return;
    }
    for (TopicPartition partition : records.partitions()) {
      take(partition.partition(), records.records(partition));
    }
    positions.replaceAll(this::tellPosition);
  }

  private void goOnElsewhere(Map<TopicPartition, Long> outOfRange) {
    try {
      outOfRange.forEach(
          (partition, offset) ->
              consumer.seek(partition, watch.outOfRange(consumer, partition, offset)));
    } catch (TimeoutException e) {
      LOG.warn("No answer on the offsets of {}, asking again: {}", topic, e.getMessage());
    }
  }

  /** Records that were left out, or none, move the position too. */
  private long tellPosition(int partition, long told) {
    TopicPartition named = named(partition);
    consumer.currentLag(named).ifPresent(lag -> lags.put(partition, lag));
    long end = ends.getOrDefault(partition, Long.MAX_VALUE);
    long position = Math.max(told, Math.min(end, position(consumer, named).orElse(told)));
    if (position > told) {
      tell(new Fetched(partition, position, null, EventTime.UNUSABLE, 0));
    }
    if (position >= end) {
      consumer.pause(List.of(named));
    }
    return position;
  }

  /** Empty while the brokers have not said whether the consumer's offset is still there. */
  static OptionalLong position(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
    try {
      return OptionalLong.of(consumer.position(partition, Duration.ZERO));
    } catch (TimeoutException | OffsetOutOfRangeException e) {
      return OptionalLong.empty(); // A poll waits for them, and is told where the offset is gone.
    }
  }

  private void take(int partition, List<ConsumerRecord<byte[], byte[]>> records) {
    long end = ends.getOrDefault(partition, Long.MAX_VALUE);
    int next = 0;
    while (next < records.size() && records.get(next).offset() < end) {
      BatchBuilder<RawRecord> batch =
          new BatchBuilder<>(Math.min(MAX_BATCH_RECORDS, records.size() - next));
      long newest = EventTime.UNUSABLE;
      long bytes = 0;
      while (next < records.size()
          && records.get(next).offset() < end
          && batch.size() < MAX_BATCH_RECORDS
          && bytes < MAX_BATCH_BYTES) {
        ConsumerRecord<byte[], byte[]> record = records.get(next++);
        long millis = eventTime.find(record.value(), record.timestamp());
        newest = Math.max(newest, millis);
        batch.add(
            raw(record),
            millis == EventTime.UNUSABLE ? EventTime.fallback(record.timestamp()) : millis);
        bytes +=
            Math.max(0, record.serializedKeySize())
                + Math.max(0, record.serializedValueSize())
                + RECORD_OVERHEAD_BYTES;
      }
      long nextOffset = records.get(next - 1).offset() + 1;
      positions.put(partition, nextOffset);
      if (newest != EventTime.UNUSABLE) {
        watch.alive(partition, this);
      }
      tell(new Fetched(partition, nextOffset, batch.build(), newest, bytes));
    }
  }

  private static RawRecord raw(ConsumerRecord<byte[], byte[]> record) {
    List<Header> headers = List.of();
    if (record.headers().iterator().hasNext()) {
      headers = new ArrayList<>();
      for (org.apache.kafka.common.header.Header header : record.headers()) {
        headers.add(new Header(header.key(), header.value()));
      }
    }
    return new RawRecord(
        record.key(),
        record.value(),
        headers,
        new Origin(KafkaRecords.SYSTEM, record.topic(), record.partition(), record.offset()),
        Instant.ofEpochMilli(record.timestamp()));
  }

  /** Waits for the answer, since a full buffer may let nothing be polled for long. */
  private void commit() {
    Map<Integer, Long> offsets = toCommit.getAndSet(null);
    if (offsets == null) {
      return;
    }
    try {
      consumer.commitSync(named(offsets), ANSWER);
    } catch (WakeupException | InterruptException e) {
      toCommit.compareAndSet(null, offsets);
      throw e;
    } catch (KafkaException e) {
      LOG.warn(
          "Offsets of {} were not committed, the next checkpoint's will be: {}",
          topic,
          e.getMessage());
    }
  }

  private void end() {
    watch.close();
    Consumer<byte[], byte[]> open = consumer;
    if (open == null) {
      return;
    }
    try {
      commitLast(open);
    } catch (RuntimeException e) {
      LOG.warn("The last offsets of {} were not committed: {}", topic, e.getMessage());
    } finally {
      open.close(ANSWER);
    }
  }

  private void commitLast(Consumer<byte[], byte[]> open) {
    Map<Integer, Long> offsets = toCommit.getAndSet(null);
    if (offsets == null) {
      return;
    }
    try {
      open.commitSync(named(offsets), ANSWER);
    } catch (WakeupException e) {
      open.commitSync(named(offsets), ANSWER); // The call to close has waited for this one.
    }
  }

  private Map<TopicPartition, OffsetAndMetadata> named(Map<Integer, Long> offsets) {
    Map<TopicPartition, OffsetAndMetadata> named = new HashMap<>();
    offsets.forEach(
        (partition, offset) -> named.put(named(partition), new OffsetAndMetadata(offset)));
    return named;
  }

  private TopicPartition named(int partition) {
    return new TopicPartition(topic.name(), partition);
  }

  @Override
  public void close() {
    closed = true;
    Consumer<byte[], byte[]> open = consumer;
    if (open != null) {
      open.wakeup();
    }
    try {
      thread.join(2 * ANSWER.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
