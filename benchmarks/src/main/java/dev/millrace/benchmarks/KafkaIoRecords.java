package dev.millrace.benchmarks;

import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.BatchCoder;
import dev.millrace.transforms.record.Header;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.record.RawRecordCoder;
import dev.millrace.transforms.time.EventTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.io.kafka.KafkaIO;
import org.apache.beam.sdk.io.kafka.KafkaRecord;
import org.apache.beam.sdk.io.kafka.TimestampPolicy;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * What {@link KafkaRecords#live} gives, through Beam's KafkaIO: the same records with the same
 * times, and the same watermark while no partition is idle.
 */
final class KafkaIoRecords extends PTransform<PBegin, PCollection<Batch<RawRecord>>> {
  private static final long serialVersionUID = 1L;

  private final KafkaIO.Read<byte[], byte[]> read;

  private KafkaIoRecords(KafkaIO.Read<byte[], byte[]> read) {
    this.read = read;
  }

  static KafkaIoRecords live(
      BenchmarkTopic topic, String group, EventTime eventTime, Duration outOfOrderness) {
    return new KafkaIoRecords(
        KafkaIO.readBytes()
            .withBootstrapServers(topic.bootstrapServers())
            .withTopic(topic.name())
            .withConsumerConfigUpdates(new HashMap<>(topic.consumerConfig(group)))
            .withTimestampPolicyFactory(
                (partition, previous) -> new OfEventTime(eventTime, outOfOrderness, previous))
            .commitOffsetsInFinalize());
  }

  @Override
  public PCollection<Batch<RawRecord>> expand(PBegin begin) {
    return begin
        .apply("ReadTopic", read)
        .apply("ToRawRecord", ParDo.of(new ToRawRecordFn()))
        .setCoder(BatchCoder.of(RawRecordCoder.of()));
  }

  /** Of one partition. */
  private static final class OfEventTime extends TimestampPolicy<byte[], byte[]> {
    private final EventTime eventTime;
    private final long outOfOrderness;
    private long watermark;

    OfEventTime(EventTime eventTime, Duration outOfOrderness, Optional<Instant> previous) {
      this.eventTime = eventTime;
      this.outOfOrderness = outOfOrderness.getMillis();
      this.watermark = previous.orElse(BoundedWindow.TIMESTAMP_MIN_VALUE).getMillis();
    }

    @Override
    public Instant getTimestampForRecord(
        PartitionContext partition, KafkaRecord<byte[], byte[]> record) {
      long millis = eventTime.find(record.getKV().getValue(), record.getTimestamp());
      if (millis == EventTime.UNUSABLE) {
        return Instant.ofEpochMilli(EventTime.fallback(record.getTimestamp()));
      }
      watermark = Math.max(watermark, millis - outOfOrderness);
      return Instant.ofEpochMilli(millis);
    }

    @Override
    public Instant getWatermark(PartitionContext partition) {
      return Instant.ofEpochMilli(watermark);
    }
  }

  /** Each a batch of its own, in no step more than a record would need. */
  private static final class ToRawRecordFn
      extends DoFn<KafkaRecord<byte[], byte[]>, Batch<RawRecord>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KafkaRecord<byte[], byte[]> record,
        @Timestamp Instant time,
        OutputReceiver<Batch<RawRecord>> out) {
      List<Header> headers = List.of();
      if (record.getHeaders() != null && record.getHeaders().iterator().hasNext()) {
        headers = new ArrayList<>();
        for (org.apache.kafka.common.header.Header header : record.getHeaders()) {
          headers.add(new Header(header.key(), header.value()));
        }
      }
      RawRecord raw =
          new RawRecord(
              record.getKV().getKey(),
              record.getKV().getValue(),
              headers,
              new Origin(
                  KafkaRecords.SYSTEM,
                  record.getTopic(),
                  record.getPartition(),
                  record.getOffset()),
              java.time.Instant.ofEpochMilli(record.getTimestamp()));
      out.output(Batch.of(raw, time.getMillis()));
    }
  }
}
