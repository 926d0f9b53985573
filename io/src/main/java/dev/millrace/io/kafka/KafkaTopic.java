package dev.millrace.io.kafka;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;

/**
 * A topic, where it is, and as whom it is read.
 *
 * @param bootstrapServers {@code host:port} of some brokers, comma-separated
 * @param name the topic
 * @param group the consumer group whose committed offsets say how far reading has come
 * @param properties further client properties, for example TLS and SASL; may hold secrets
 */
public record KafkaTopic(
    String bootstrapServers, String name, String group, Map<String, String> properties)
    implements Serializable {

  private static final String REQUEST_TIMEOUT_MILLIS = "10000";

  /** How long a new partition may go unnoticed. */
  private static final String METADATA_MAX_AGE_MILLIS = "30000";

  /** Of one answer of one broker; what is fetched ahead is held in memory. */
  private static final String FETCH_BYTES = Integer.toString(16 << 20);

  private static final String MAX_MESSAGE_BYTES = Integer.toString(32 << 20);
  private static final String MAX_POLL_RECORDS = "2000";
  private static final String RECEIVE_BUFFER_BYTES = Integer.toString(512 << 10);

  public KafkaTopic {
    properties = Map.copyOf(properties);
  }

  /**
   * Makes the topic if it isn't there, with records that never expire: brokers delete by a record's
   * timestamp, and events may be of long ago.
   *
   * @return whether it was made
   * @throws KafkaException if the brokers don't answer or refuse, with a message for the user
   */
  public boolean create(int partitions) {
    return create(partitions, Map.of("retention.ms", "-1", "max.message.bytes", MAX_MESSAGE_BYTES));
  }

  /** The same with other settings. */
  public boolean create(int partitions, Map<String, String> settings) {
    try (TopicOffsets topics = new TopicOffsets(this)) {
      return topics.create(partitions, settings);
    }
  }

  /** The same for another group. */
  public KafkaTopic withGroup(String other) {
    return new KafkaTopic(bootstrapServers, name, other, properties);
  }

  /** What every client of the topic is configured with. */
  Map<String, Object> clientConfig() {
    Map<String, Object> config = new HashMap<>();
    config.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
    config.putAll(properties);
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return config;
  }

  /** What its consumers are configured with; offsets are the reader's business, not Kafka's. */
  Map<String, Object> consumerConfig() {
    Map<String, Object> config = new HashMap<>();
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, METADATA_MAX_AGE_MILLIS);
    config.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
    config.put(ConsumerConfig.RECEIVE_BUFFER_CONFIG, RECEIVE_BUFFER_BYTES);
    config.putAll(clientConfig());
    config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return config;
  }

  /** Without the properties: they may hold secrets. */
  @Override
  public String toString() {
    return "KafkaTopic[" + name + " at " + bootstrapServers + ", group " + group + "]";
  }
}
