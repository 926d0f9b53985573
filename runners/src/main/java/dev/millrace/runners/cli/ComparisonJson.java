package dev.millrace.runners.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.io.jdbc.TableComparison;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Comparisons as a JSON list; amounts are exact numbers, values of rows are texts. */
final class ComparisonJson {
  private static final JsonFactory JSON = new JsonFactory();

  private ComparisonJson() {}

  /** The document. */
  static String of(List<Compared> all) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
      json.enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);
      json.writeStartArray();
      for (Compared each : all) {
        write(json, each);
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Writing to a string doesn't fail.
    }
    return text + "\n";
  }

  private static void write(JsonGenerator json, Compared compared) throws IOException {
    TableComparison.Result result = compared.result();
    json.writeStartObject();
    json.writeStringField("a", result.a());
    json.writeStringField("b", result.b());
    json.writeNumberField("rows_a", result.rowsA());
    json.writeNumberField("rows_b", result.rowsB());
    json.writeArrayFieldStart("sums");
    for (TableComparison.Sums each : result.sums()) {
      json.writeStartObject();
      json.writeStringField("column", each.column());
      json.writeObjectField("sum_a", each.sumA());
      json.writeObjectField("sum_b", each.sumB());
      json.writeObjectField("average_a", each.averageA());
      json.writeObjectField("average_b", each.averageB());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("missing", result.missing());
    json.writeNumberField("extra", result.extra());
    json.writeNumberField("changed", result.changed());
    json.writeObjectFieldStart("changed_columns");
    for (Map.Entry<String, Long> each : result.changedColumns().entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("columns_in_one_only");
    for (String each : result.onlyInOne()) {
      json.writeString(each);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("differences");
    for (TableComparison.Difference each : compared.differences()) {
      write(json, each);
    }
    json.writeEndArray();
    json.writeNumberField("differences_not_shown", compared.notShown());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, TableComparison.Difference difference)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("row", difference.kind());
    json.writeObjectFieldStart("key");
    for (Map.Entry<String, String> each : difference.key().entrySet()) {
      json.writeStringField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
    json.writeObjectFieldStart("columns");
    for (Map.Entry<String, List<@Nullable String>> each : difference.columns().entrySet()) {
      json.writeObjectFieldStart(each.getKey());
      json.writeStringField("a", each.getValue().get(0));
      json.writeStringField("b", each.getValue().get(1));
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
  }
}
