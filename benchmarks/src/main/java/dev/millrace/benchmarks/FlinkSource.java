package dev.millrace.benchmarks;

import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Flink's own source of a job's records. */
final class FlinkSource {
  private static final Duration IDLE_AFTER = Duration.ofMinutes(1);

  private FlinkSource() {}

  /** Reads a topic from its beginning, with the same consumers as the product. */
  static DataStream<RawRecord> read(
      StreamExecutionEnvironment flink,
      BenchmarkTopic topic,
      String group,
      Duration outOfOrderness) {
    Properties consumer = new Properties();
    consumer.putAll(topic.consumerConfig(group));
    KafkaSource<RawRecord> source =
        KafkaSource.<RawRecord>builder()
            .setBootstrapServers(topic.bootstrapServers())
            .setTopics(topic.name())
            .setProperties(consumer)
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setDeserializer(new Records())
            .build();
    return flink.fromSource(
        source,
        WatermarkStrategy.<RawRecord>forBoundedOutOfOrderness(outOfOrderness)
            .withTimestampAssigner((record, kafkaMillis) -> eventMillis(record))
            .withIdleness(IDLE_AFTER),
        "Read");
  }

  private static long eventMillis(RawRecord record) {
    long loaded = record.loadedAt().toEpochMilli();
    long millis = JobTopic.EVENT_TIME.find(record.value(), loaded);
    return millis == EventTime.UNUSABLE ? EventTime.fallback(loaded) : millis;
  }

  private static final class Records implements KafkaRecordDeserializationSchema<RawRecord> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<RawRecord> out) {
      out.collect(
          new RawRecord(
              record.key(),
              record.value(),
              List.of(),
              new Origin(KafkaRecords.SYSTEM, record.topic(), record.partition(), record.offset()),
              Instant.ofEpochMilli(record.timestamp())));
    }

    @Override
    public TypeInformation<RawRecord> getProducedType() {
      // Never serialized: what decodes it is in the same chain.
      return TypeInformation.of(RawRecord.class);
    }
  }
}
