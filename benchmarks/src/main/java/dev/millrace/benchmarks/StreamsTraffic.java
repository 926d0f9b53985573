package dev.millrace.benchmarks;

import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.pipelines.traffic.Event;
import dev.millrace.pipelines.traffic.EventCoder;
import dev.millrace.pipelines.traffic.EventDecoder;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import dev.millrace.transforms.decode.InvalidRecordException;
import dev.millrace.transforms.record.Origin;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.ValueStatsCoder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Traffic in Kafka Streams, with deduplication by a store of ids that is swept. */
final class StreamsTraffic {
  private static final String SEEN = "seen";
  private static final int SWEEPS = 8;
  private static final Duration HORIZON = duration(TrafficPipeline.ADMISSION.horizon());
  private static final Duration LATENESS = duration(TrafficPipeline.ADMISSION.allowedLateness());
  private static final Duration WINDOW = duration(TrafficPipeline.FIVE_MINUTES);

  private StreamsTraffic() {}

  /**
   * Starts the job.
   *
   * @param application a name of its own: what it keeps on the broker begins with it
   */
  static RunningJob start(BenchmarkTopic topic, String application, int threads) {
    KafkaTopic its = topic.as(application);
    Serde<Event> events = serde(EventCoder.of());
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(SEEN), Serdes.String(), Serdes.Long()));
    builder.stream(
            its.name(),
            Consumed.with(Serdes.ByteArray(), Serdes.ByteArray())
                .withTimestampExtractor(new ByEventTime()))
        .flatMapValues(new Decode()::decoded)
        .selectKey((key, event) -> event.eventId())
        .repartition(Repartitioned.with(Serdes.String(), events).withName("by-id"))
        .processValues(Once::new, SEEN)
        .selectKey((key, event) -> event.region())
        .groupByKey(Grouped.with("by-region", Serdes.String(), events))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, LATENESS))
        .aggregate(
            () -> ValueStats.NONE,
            (region, event, stats) -> stats.plus(event.value()),
            Materialized.<String, ValueStats>as(
                    Stores.inMemoryWindowStore(
                        "stats", WINDOW.plus(LATENESS).multipliedBy(2), WINDOW, false))
                .withKeySerde(Serdes.String())
                .withValueSerde(serde(ValueStatsCoder.of())))
        .toStream()
        .foreach(
            (region, stats) ->
                Rows.window(
                    region.key(),
                    region.window().start(),
                    stats.count(),
                    stats.sum(),
                    stats.min(),
                    stats.max()));
    KafkaStreams streams = new KafkaStreams(builder.build(), config(its, application, threads));
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

  private static Properties config(KafkaTopic topic, String application, int threads) {
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
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    return config;
  }

  private static Duration duration(org.joda.time.Duration same) {
    return Duration.ofMillis(same.getMillis());
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
      Progress.decoded();
      long millis = JobTopic.EVENT_TIME.find((byte[]) record.value(), record.timestamp());
      return millis == EventTime.UNUSABLE ? EventTime.fallback(record.timestamp()) : millis;
    }
  }

  /** One event of a record, or none if it is broken. */
  private static final class Decode {
    private static final Origin NOWHERE = new Origin(KafkaRecords.SYSTEM, "bench", 0, 0);

    private final EventDecoder decoder = new EventDecoder(JobTopic.EVENT_TIME);

    List<Event> decoded(byte[] payload) {
      long millis = JobTopic.EVENT_TIME.find(payload, Long.MAX_VALUE / 2);
      Instant loaded = Instant.ofEpochMilli(millis == EventTime.UNUSABLE ? 0 : millis);
      try {
        return List.of(decoder.decode(new RawRecord(null, payload, List.of(), NOWHERE, loaded)));
      } catch (InvalidRecordException e) {
        return List.of();
      }
    }
  }

  private static final class Once implements FixedKeyProcessor<String, Event, Event> {
    private FixedKeyProcessorContext<String, Event> context;
    private KeyValueStore<String, Long> seen;

    @Override
    public void init(FixedKeyProcessorContext<String, Event> itsContext) {
      context = itsContext;
      seen = itsContext.getStateStore(SEEN);
      context.schedule(HORIZON.dividedBy(SWEEPS), PunctuationType.STREAM_TIME, this::forget);
    }

    @Override
    public void process(FixedKeyRecord<String, Event> record) {
      Long before = seen.putIfAbsent(record.key(), record.timestamp());
      if (before == null) {
        context.forward(record);
      }
    }

    private void forget(long time) {
      try (KeyValueIterator<String, Long> all = seen.all()) {
        while (all.hasNext()) {
          KeyValue<String, Long> each = all.next();
          if (each.value + HORIZON.toMillis() < time) {
            seen.delete(each.key);
          }
        }
      }
    }
  }
}
