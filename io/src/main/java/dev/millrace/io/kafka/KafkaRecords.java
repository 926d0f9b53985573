package dev.millrace.io.kafka;

import dev.millrace.transforms.record.Header;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.io.kafka.KafkaIO;
import org.apache.beam.sdk.io.kafka.KafkaRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.joda.time.Duration;

/** Reads Kafka topics. */
public final class KafkaRecords {
  /** The {@link Origin#system()} of records from Kafka. */
  public static final String SYSTEM = "kafka";

  private KafkaRecords() {}

  /**
   * Reads a topic as it grows.
   *
   * @param outOfOrderness how much older than the newest record of its partition a record may be
   *     without being behind the watermark, in event time
   */
  public static Live live(KafkaTopic topic, Duration outOfOrderness) {
    return new Live(topic, outOfOrderness);
  }

  /**
   * A live topic.
   *
   * <ul>
   *   <li>Output: unbounded. Event time is the record's Kafka timestamp.
   *   <li>Watermark: of each partition its newest event time less the out-of-orderness; the minimum
   *       over the partitions. It comes from the data alone: a partition that is silent holds it.
   *   <li>Order: kept within a partition.
   *   <li>Restart: from the offsets of the checkpoint; without one, from those that the group has
   *       committed ({@link StartPosition#place} sets them); without those, from the partition's
   *       start. Offsets are committed when a checkpoint is complete, never before.
   *   <li>Guarantee: at least once; after a failure, records since the last checkpoint come again.
   *       Of transactions, only what is committed is read.
   *   <li>Errors: brokers that are away are waited for.
   * </ul>
   */
  public static final class Live extends PTransform<PBegin, PCollection<RawRecord>> {
    private static final long serialVersionUID = 1L;

    private final KafkaTopic topic;
    private final Duration outOfOrderness;

    private Live(KafkaTopic topic, Duration outOfOrderness) {
      this.topic = topic;
      this.outOfOrderness = outOfOrderness;
    }

    @Override
    public PCollection<RawRecord> expand(PBegin begin) {
      Map<String, Object> config = topic.clientConfig();
      config.put(ConsumerConfig.GROUP_ID_CONFIG, topic.group());
      config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
      config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
      Duration lag = outOfOrderness;
      return begin
          .apply(
              "ReadTopic",
              KafkaIO.readBytes()
                  .withBootstrapServers(topic.bootstrapServers())
                  .withTopic(topic.name())
                  .withConsumerConfigUpdates(config)
                  .withTimestampPolicyFactory(
                      (partition, previous) -> new PartitionWatermark(previous, lag))
                  .withReadCommitted()
                  .commitOffsetsInFinalize())
          .apply("ToRawRecord", ParDo.of(new ToRawRecordFn()));
    }
  }

  private static final class ToRawRecordFn extends DoFn<KafkaRecord<byte[], byte[]>, RawRecord> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KafkaRecord<byte[], byte[]> record, OutputReceiver<RawRecord> out) {
      List<Header> headers = List.of();
      if (record.getHeaders() != null && record.getHeaders().iterator().hasNext()) {
        headers = new ArrayList<>();
        for (org.apache.kafka.common.header.Header header : record.getHeaders()) {
          headers.add(new Header(header.key(), header.value()));
        }
      }
      out.output(
          new RawRecord(
              record.getKV().getKey(),
              record.getKV().getValue(),
              headers,
              new Origin(SYSTEM, record.getTopic(), record.getPartition(), record.getOffset()),
              Instant.ofEpochMilli(record.getTimestamp())));
    }
  }
}
