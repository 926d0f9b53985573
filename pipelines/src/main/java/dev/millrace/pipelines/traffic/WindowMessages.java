package dev.millrace.pipelines.traffic;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.millrace.transforms.window.ValueStats;
import dev.millrace.transforms.window.WindowResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Results of windows as messages: the key is region and start, so that a compacted topic keeps the
 * newest pane; the value is JSON with the columns of {@code gold.events_5m}.
 *
 * <ul>
 *   <li>Input: bounded or unbounded; windows and timestamps are kept.
 *   <li>Key and order: none needed.
 *   <li>Lateness: looks at no time.
 *   <li>Guarantee: one message per pane.
 *   <li>State: none.
 * </ul>
 */
final class WindowMessages
    extends PTransform<PCollection<WindowResult<ValueStats>>, PCollection<KV<byte[], byte[]>>> {
  private static final long serialVersionUID = 1L;

  @Override
  public PCollection<KV<byte[], byte[]>> expand(PCollection<WindowResult<ValueStats>> results) {
    return results
        .apply("ToJson", ParDo.of(new ToJsonFn()))
        .setCoder(KvCoder.of(ByteArrayCoder.of(), ByteArrayCoder.of()));
  }

  private static final class ToJsonFn extends DoFn<WindowResult<ValueStats>, KV<byte[], byte[]>> {
    private static final long serialVersionUID = 1L;
    private static final JsonFactory JSON =
        JsonFactory.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build();

    @ProcessElement
    public void process(
        @Element WindowResult<ValueStats> result, OutputReceiver<KV<byte[], byte[]>> out)
        throws IOException {
      String key = result.key() + "|" + result.start();
      out.output(KV.of(key.getBytes(StandardCharsets.UTF_8), json(result)));
    }

    private static byte[] json(WindowResult<ValueStats> result) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ValueStats stats = result.aggregate();
      try (JsonGenerator json = JSON.createGenerator(bytes)) {
        json.writeStartObject();
        json.writeStringField("region", result.key());
        json.writeStringField("window_start", result.start().toString());
        json.writeStringField("window_end", result.end().toString());
        json.writeNumberField("count", stats.count());
        writeDecimal(json, "sum", stats.sum());
        writeDecimal(json, "min", stats.min());
        writeDecimal(json, "max", stats.max());
        writeDecimal(json, "avg", stats.average());
        json.writeNumberField("pane", result.pane());
        json.writeStringField("timing", result.timing().name());
        json.writeBooleanField("is_final", result.isFinal());
        json.writeEndObject();
      }
      return bytes.toByteArray();
    }

    private static void writeDecimal(JsonGenerator json, String name, @Nullable BigDecimal value)
        throws IOException {
      if (value == null) {
        json.writeNullField(name);
      } else {
        json.writeNumberField(name, value);
      }
    }
  }
}
