package dev.millrace.io.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.beam.sdk.io.kafka.KafkaIO;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes messages to Kafka topics, through Beam's KafkaIO. */
public final class KafkaMessages {
  private KafkaMessages() {}

  /**
   * Writes to a topic.
   *
   * @param topic its {@link KafkaTopic#group()} names the transactions of {@link
   *     Delivery#EXACTLY_ONCE}
   */
  public static Write write(KafkaTopic topic, Delivery delivery) {
    return new Write(topic, delivery);
  }

  /**
   * Keys and values as messages.
   *
   * <ul>
   *   <li>Input: bounded or unbounded, any windowing. The element's timestamp is the message's.
   *   <li>Order: of the messages of a key within a bundle.
   *   <li>Lateness: looks at no time. State: none but that of the transactions.
   *   <li>Guarantee: as {@link Delivery} says.
   *   <li>Restart: what came after the last checkpoint is sent again; in transactions, once.
   *   <li>Errors: brokers that are away are waited for as long as the producer's {@code
   *       delivery.timeout.ms} says, two minutes; then the bundle fails.
   * </ul>
   */
  public static final class Write extends PTransform<PCollection<KV<byte[], byte[]>>, PDone> {
    private static final long serialVersionUID = 1L;

    private final KafkaTopic topic;
    private final Delivery delivery;

    private Write(KafkaTopic topic, Delivery delivery) {
      this.topic = topic;
      this.delivery = delivery;
    }

    @Override
    public PDone expand(PCollection<KV<byte[], byte[]>> messages) {
      KafkaIO.Write<byte[], byte[]> write =
          KafkaIO.<byte[], byte[]>write()
              .withBootstrapServers(topic.bootstrapServers())
              .withTopic(topic.name())
              .withKeySerializer(ByteArraySerializer.class)
              .withValueSerializer(ByteArraySerializer.class)
              .withInputTimestamp()
              .withProducerConfigUpdates(config());
      return messages.apply(
          "ToTopic",
          delivery == Delivery.EXACTLY_ONCE
              ? write
                  .withEOS(1, topic.group())
                  .withConsumerFactoryFn(new ConsumerOfTransactions(topic))
              : write);
    }

    private Map<String, Object> config() {
      Map<String, Object> config = new HashMap<>(topic.properties());
      config.remove(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG);
      boolean acknowledged = delivery != Delivery.AT_MOST_ONCE;
      config.put(ProducerConfig.ACKS_CONFIG, acknowledged ? "all" : "0");
      config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, acknowledged);
      // KafkaIO's own default is 3, which a broker's restart uses up in a second.
      config.put(ProducerConfig.RETRIES_CONFIG, acknowledged ? Integer.MAX_VALUE : 0);
      return config;
    }
  }

  /** KafkaIO looks up what a transaction has committed with a consumer that knows no secrets. */
  private static final class ConsumerOfTransactions
      implements SerializableFunction<Map<String, Object>, Consumer<?, ?>> {
    private static final long serialVersionUID = 1L;

    private final KafkaTopic topic;

    ConsumerOfTransactions(KafkaTopic topic) {
      this.topic = topic;
    }

    @Override
    public Consumer<?, ?> apply(Map<String, Object> config) {
      Map<String, Object> all = topic.clientConfig();
      all.putAll(config);
      return new KafkaConsumer<>(all);
    }
  }
}
