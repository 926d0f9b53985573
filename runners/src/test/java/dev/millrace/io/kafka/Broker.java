package dev.millrace.io.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.runners.local.BrokerAlone;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** A real broker, its topics, and what is sent to them. */
final class Broker implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final BrokerAlone process;
  private final Admin admin;
  private final Producer<byte[], byte[]> producer;

  private Broker(BrokerAlone process) {
    this.process = process;
    this.admin = Admin.create(Map.of("bootstrap.servers", process.address()));
    this.producer = producer(Map.of());
  }

  /** One that answers. */
  static Broker started() {
    return new Broker(BrokerAlone.started());
  }

  /**
   * One that answers, with further settings.
   *
   * @param port where it answers without a password
   */
  static Broker started(int port, List<String> settings) {
    return new Broker(BrokerAlone.started(port, settings));
  }

  /** A topic that isn't made. */
  KafkaTopic missing(String name) {
    return new KafkaTopic(process.address(), name, "group-of-" + name, Map.of());
  }

  /** Makes a topic that keeps its records, whatever their time. */
  KafkaTopic create(String name, int partitions) {
    return create(name, partitions, Map.of());
  }

  /** Makes one with further settings. */
  KafkaTopic create(String name, int partitions, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("retention.ms", "-1");
    missing(name).create(partitions, all);
    return missing(name);
  }

  /** Deletes a topic and returns when it is gone. */
  void delete(KafkaTopic topic) {
    get(admin.deleteTopics(List.of(topic.name())).all());
    Awaitility.await("end of " + topic)
        .atMost(ANSWER)
        .until(() -> !get(admin.listTopics().names()).contains(topic.name()));
  }

  /** Lets the topic have more partitions. */
  void grow(KafkaTopic topic, int partitions) {
    get(admin.createPartitions(Map.of(topic.name(), NewPartitions.increaseTo(partitions))).all());
  }

  /** Deletes the records before an offset, as retention would. */
  void deleteBefore(KafkaTopic topic, int partition, long offset) {
    get(
        admin
            .deleteRecords(
                Map.of(
                    new TopicPartition(topic.name(), partition),
                    RecordsToDelete.beforeOffset(offset)))
            .all());
  }

  /** Lets a user do something with a topic or a group. */
  void allow(String user, AclOperation operation, ResourceType kind, String name) {
    get(admin.createAcls(List.of(access(user, operation, kind, name))).all());
  }

  /** Takes back what {@link #allow} gave. */
  void forbid(String user, AclOperation operation, ResourceType kind, String name) {
    get(admin.deleteAcls(List.of(access(user, operation, kind, name).toFilter())).all());
  }

  private static AclBinding access(
      String user, AclOperation operation, ResourceType kind, String name) {
    return new AclBinding(
        new ResourcePattern(kind, name, PatternType.LITERAL),
        new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  /** Lets the log cleaner look for work all the time, not every 15 s, in little memory. */
  void cleanEagerly() {
    List<AlterConfigOp> settings =
        List.of(
            set("log.cleaner.backoff.ms", "100"),
            set("log.cleaner.dedupe.buffer.size", Integer.toString(2 << 20)));
    ConfigResource allBrokers = new ConfigResource(ConfigResource.Type.BROKER, "");
    get(admin.incrementalAlterConfigs(Map.of(allBrokers, settings)).all());
  }

  private static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }

  /** The end of each partition, as those see it who read what is committed. */
  Map<Integer, Long> ends(KafkaTopic topic) {
    try (TopicOffsets offsets = new TopicOffsets(topic)) {
      return offsets.latest();
    }
  }

  /** Waits until the end of partition 0 is there: a transaction's marker comes after its end. */
  void awaitEnd(KafkaTopic topic, long end) {
    try (TopicOffsets offsets = new TopicOffsets(topic)) {
      Awaitility.await("end " + end + " of " + topic)
          .atMost(ANSWER)
          .until(() -> offsets.latest().get(0) == end);
    }
  }

  /** What the topic's group has committed. */
  Map<Integer, Long> committed(KafkaTopic topic) {
    try (TopicOffsets offsets = new TopicOffsets(topic)) {
      return offsets.committed();
    }
  }

  /** Waits until the topic's group has committed just this. */
  void awaitCommitted(KafkaTopic topic, Map<Integer, Long> expected) {
    try (TopicOffsets offsets = new TopicOffsets(topic)) {
      Awaitility.await("commit of " + expected)
          .atMost(ANSWER)
          .until(() -> offsets.committed().equals(expected));
    }
  }

  /** A record of a text. */
  static ProducerRecord<byte[], byte[]> record(
      KafkaTopic topic, int partition, Instant time, String value) {
    return new ProducerRecord<>(
        topic.name(), partition, time.toEpochMilli(), null, value.getBytes(UTF_8));
  }

  /** Sends a record of a text and waits until the broker has it. */
  void send(KafkaTopic topic, int partition, Instant time, String value) {
    send(List.of(record(topic, partition, time, value)));
  }

  /** Sends records and waits until the broker has them. */
  void send(List<ProducerRecord<byte[], byte[]>> records) {
    List<Future<?>> sent = new ArrayList<>();
    records.forEach(each -> sent.add(producer.send(each)));
    producer.flush();
    sent.forEach(Broker::get);
  }

  /** Sends records {@code PARTITION:0}, {@code PARTITION:1} and so on, a second apart. */
  void sendNumbered(KafkaTopic topic, int partition, Instant first, int count) {
    send(
        IntStream.range(0, count)
            .mapToObj(i -> record(topic, partition, first.plusSeconds(i), partition + ":" + i))
            .toList());
  }

  /** Sends records of a megabyte. */
  void sendLarge(KafkaTopic topic, int partition, Instant first, int count) {
    byte[] value = new byte[1 << 20];
    for (int i = 0; i < count; i++) {
      send(
          List.of(
              new ProducerRecord<>(
                  topic.name(), partition, first.plusSeconds(i).toEpochMilli(), null, value)));
    }
  }

  /** A producer whose transactions are begun and ended by the test. */
  Producer<byte[], byte[]> transactional(String id) {
    Producer<byte[], byte[]> created = producer(Map.of("transactional.id", id));
    created.initTransactions();
    return created;
  }

  private Producer<byte[], byte[]> producer(Map<String, Object> settings) {
    Map<String, Object> config = new HashMap<>(settings);
    config.put("bootstrap.servers", process.address());
    config.put("max.request.size", "33554432");
    // A new partition's leader may refuse a first batch and take the second, and then never the
    // first, whose sequence numbers are behind.
    config.put("max.in.flight.requests.per.connection", "1");
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** The result of something that the broker is asked for. */
  static <T> T get(Future<T> answer) {
    try {
      return answer.get(ANSWER.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  void stop() {
    process.stop();
  }

  void startAgain() {
    process.start();
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
    process.close();
  }
}
