package dev.millrace.runners.support;

import dev.millrace.io.kafka.GroupLag;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.runners.feed.Events;
import dev.millrace.runners.feed.Faults;
import dev.millrace.runners.feed.Feed;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Topics of the shared stack. */
public final class Topics {
  private Topics() {}

  /** Makes a topic that keeps its records, whatever their time. */
  public static void create(String topic, int partitions) {
    new Feed(Events.ORDERS, servers(), topic, partitions, 0, true, Faults.none()).createTopic();
  }

  /** Sends the records and waits until the broker has them. */
  public static void send(List<ProducerRecord<byte[], byte[]>> records) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", servers());
    config.put("max.request.size", "33554432");
    List<Future<?>> sent = new ArrayList<>();
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      records.forEach(record -> sent.add(producer.send(record)));
      producer.flush();
      for (Future<?> each : sent) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("not sent: " + e.getCause() + "; " + SharedStack.logs(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Deletes a topic, and waits until it is gone. */
  public static void delete(String topic) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers()))) {
      admin.deleteTopics(List.of(topic)).all().get();
      Awaitility.await().until(() -> !admin.listTopics().names().get().contains(topic));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Deletes the records of a partition before an offset, or all of them, as retention does. */
  public static void deleteBefore(String topic, int partition, long offset) {
    TopicPartition which = new TopicPartition(topic, partition);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers()))) {
      long end =
          admin.listOffsets(Map.of(which, OffsetSpec.latest())).all().get().get(which).offset();
      admin
          .deleteRecords(Map.of(which, RecordsToDelete.beforeOffset(Math.min(end, offset))))
          .all()
          .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Everything that the topic holds, of transactions what is committed. */
  public static List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", servers());
    config.put("auto.offset.reset", "earliest");
    config.put("isolation.level", "read_committed");
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(each -> new TopicPartition(topic, each.partition()))
              .collect(Collectors.toList());
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
    }
    return records;
  }

  /** Waits until a checkpoint of the stream holds all that the topic does. */
  public static void awaitCaughtUp(String topic, String group, Cli stream) {
    awaitLag(0, topic, group, stream);
  }

  /** Waits until no more than that is missing in a checkpoint of the stream. */
  public static void awaitLag(long records, String topic, String group, Cli stream) {
    try (GroupLag lag = new GroupLag(new KafkaTopic(servers(), topic, group, Map.of()))) {
      AtomicLong last = new AtomicLong(-1);
      try {
        Awaitility.await("lag " + records + " of " + topic)
            .atMost(Duration.ofMinutes(6))
            .pollInterval(Duration.ofMillis(250))
            .until(
                () -> {
                  if (stream != null && !stream.isAlive()) {
                    throw new AssertionError("the stream ended:\n" + stream.output());
                  }
                  last.set(lag.records());
                  return last.get() <= records;
                });
      } catch (ConditionTimeoutException e) {
        throw new AssertionError("lag is still " + last + "; " + SharedStack.logs(), e);
      }
    }
  }

  /** A record for {@link #send}. */
  public static ProducerRecord<byte[], byte[]> record(
      String topic, int partition, Instant timestamp, byte[] key, byte[] value) {
    return new ProducerRecord<>(topic, partition, timestamp.toEpochMilli(), key, value);
  }

  /** The shared broker. */
  public static String servers() {
    return SharedStack.get().kafka().address();
  }
}
