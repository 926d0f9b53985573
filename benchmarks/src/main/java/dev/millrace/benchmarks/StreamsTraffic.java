package dev.millrace.benchmarks;

import dev.millrace.benchmarks.FlinkTraffic.Visit;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.pipelines.traffic.EventDecoder;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.ValueStatsCoder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Traffic in Kafka Streams: each event once by a store of ids, then windows.
 *
 * <p>Its time is that of the newest record of a task, not a watermark: in a replay partitions drift
 * apart by hours, and what it forgets or takes for late then is missing in the rows. So it keeps
 * everything that the topic has: windows and ids of a week.
 */
final class StreamsTraffic {
  private static final VisitBytes VISITS = new VisitBytes();
  private static final String SEEN = "seen";
  private static final int ROOM = 128;
  private static final Duration ALL = Duration.ofDays(7);
  private static final Duration WINDOW =
      Duration.ofMillis(TrafficPipeline.FIVE_MINUTES.getMillis());

  private StreamsTraffic() {}

  /**
   * Starts the job.
   *
   * @param application a name of its own: what it keeps on the broker begins with it
   */
  static RunningJob start(BenchmarkTopic topic, String application, int threads) {
    Serde<Visit> visits = visits();
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(SEEN), Serdes.String(), Serdes.Long()));
    builder.stream(
            topic.name(),
            Consumed.with(Serdes.ByteArray(), Serdes.ByteArray())
                .withTimestampExtractor(new ByEventTime()))
        .flatMapValues(new Decode()::decoded)
        .selectKey((key, visit) -> visit.eventId)
        .repartition(Repartitioned.with(Serdes.String(), visits).withName("by-id"))
        .processValues(Once::new, SEEN)
        .selectKey((key, visit) -> visit.region)
        .groupByKey(Grouped.with("by-region", Serdes.String(), visits))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, ALL))
        .aggregate(
            () -> ValueStats.NONE,
            (region, visit, stats) -> stats.plus(visit.value),
            Materialized.<String, ValueStats>as(
                    Stores.inMemoryWindowStore("stats", WINDOW.plus(ALL), WINDOW, false))
                .withKeySerde(Serdes.String())
                .withValueSerde(serde(ValueStatsCoder.of())))
        .toStream()
        .foreach(
            (region, stats) ->
                Rows.window(
                    Rows.FIVE_MINUTES,
                    region.key(),
                    region.window().start(),
                    stats.count(),
                    stats.sum(),
                    stats.min(),
                    stats.max()));
    KafkaStreams streams = new KafkaStreams(builder.build(), config(topic, application, threads));
    streams.start();
    return new RunningJob() {
      @Override
      public boolean runs() {
        return streams.state() != KafkaStreams.State.ERROR
            && streams.state() != KafkaStreams.State.NOT_RUNNING;
      }

      @Override
      public void cancel() {
        streams.close(Duration.ofSeconds(10));
        topic.deleteAllNamed(application);
      }
    };
  }

  private static Properties config(BenchmarkTopic topic, String application, int threads) {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, topic.bootstrapServers());
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
    config.put(
        StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, LocalFlink.CHECKPOINTING_INTERVAL.toMillis());
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
    config.put(
        StreamsConfig.STATE_DIR_CONFIG,
        Path.of(System.getProperty("java.io.tmpdir"), "streams").toString());
    topic
        .consumerConfig(application)
        .forEach((name, value) -> config.put(StreamsConfig.consumerPrefix(name), value));
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    return config;
  }

  private static Serde<Visit> visits() {
    return Serdes.serdeFrom(
        (topic, visit) -> {
          try {
            if (visit == null) {
              return null;
            }
            DataOutputSerializer out = new DataOutputSerializer(ROOM);
            VISITS.write(visit, out);
            return out.getCopyOfBuffer();
          } catch (IOException e) {
            throw new SerializationException(e);
          }
        },
        (topic, bytes) -> {
          try {
            return bytes == null ? null : VISITS.read(new DataInputDeserializer(bytes));
          } catch (IOException e) {
            throw new SerializationException(e);
          }
        });
  }

  private static <T> Serde<T> serde(Coder<T> coder) {
    return Serdes.serdeFrom(
        (topic, value) -> {
          try {
            return value == null ? null : CoderUtils.encodeToByteArray(coder, value);
          } catch (CoderException e) {
            throw new SerializationException(e);
          }
        },
        (topic, bytes) -> {
          try {
            return bytes == null ? null : CoderUtils.decodeFromByteArray(coder, bytes);
          } catch (CoderException e) {
            throw new SerializationException(e);
          }
        });
  }

  private static final class ByEventTime implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
      long millis = JobTopic.EVENT_TIME.find((byte[]) record.value(), record.timestamp());
      return millis == EventTime.UNUSABLE ? EventTime.fallback(record.timestamp()) : millis;
    }
  }

  /** One event of a record, or none if it is broken. */
  private static final class Decode {
    private static final Origin NOWHERE = new Origin(KafkaRecords.SYSTEM, "bench", 0, 0);

    private final EventDecoder decoder = new EventDecoder(JobTopic.EVENT_TIME);

    List<Visit> decoded(byte[] payload) {
      long millis = JobTopic.EVENT_TIME.find(payload, Long.MAX_VALUE / 2);
      Instant loaded = Instant.ofEpochMilli(millis == EventTime.UNUSABLE ? 0 : millis);
      try {
        return List.of(
            new Visit(decoder.decode(new RawRecord(null, payload, List.of(), NOWHERE, loaded))));
      } catch (InvalidRecordException e) {
        return List.of();
      }
    }
  }

  private static final class Once implements FixedKeyProcessor<String, Visit, Visit> {
    private FixedKeyProcessorContext<String, Visit> context;
    private KeyValueStore<String, Long> seen;

    @Override
    public void init(FixedKeyProcessorContext<String, Visit> itsContext) {
      context = itsContext;
      seen = itsContext.getStateStore(SEEN);
    }

    @Override
    public void process(FixedKeyRecord<String, Visit> record) {
      if (seen.putIfAbsent(record.key(), record.timestamp()) == null) {
        context.forward(record);
      }
    }
  }
}
