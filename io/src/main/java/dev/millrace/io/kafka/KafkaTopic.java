package dev.millrace.io.kafka;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * A topic, where it is, and as whom it is read.
 *
 * @param bootstrapServers {@code host:port} of some brokers, comma-separated
 * @param name the topic
 * @param group the consumer group whose committed offsets say how far reading has come
 * @param properties further consumer properties, for example TLS and SASL; may hold secrets
 */
public record KafkaTopic(
    String bootstrapServers, String name, String group, Map<String, String> properties)
    implements Serializable {

  private static final String REQUEST_TIMEOUT_MILLIS = "10000";

  public KafkaTopic {
    properties = Map.copyOf(properties);
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

  /** Without the properties: they may hold secrets. */
  @Override
  public String toString() {
    return "KafkaTopic[" + name + " at " + bootstrapServers + ", group " + group + "]";
  }
}
