package dev.millrace.transforms.deadletter;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.transforms.record.RawRecord;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A change of a record's JSON: a merge patch as of RFC 7396. Members of the patch replace those of
 * the payload, objects are merged, null removes. Numbers stay exact.
 */
public final class RecordFix implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
          .build();

  private final String patch;

  private RecordFix(String patch) {
    this.patch = patch;
  }

  /**
   * A patch.
   *
   * @throws IllegalArgumentException if it is no JSON object, with a message for the user
   */
  public static RecordFix of(String patch) {
    try {
      if (!(JSON.readTree(patch) instanceof ObjectNode)) {
        throw new IllegalArgumentException("a patch is a JSON object, like {\"region\": \"EMEA\"}");
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
    }
    return new RecordFix(patch);
  }

  /** Sets fields: to what a value says as JSON, or to the value as text if it is none. */
  public static RecordFix setting(Map<String, String> fields) {
    ObjectNode patch = JSON.createObjectNode();
    fields.forEach(
        (name, value) -> {
          try {
            patch.set(name, JSON.readTree(value));
          } catch (JsonProcessingException e) {
            patch.put(name, value);
          }
        });
    return new RecordFix(patch.toString());
  }

  /** The patch, as JSON. */
  public String patch() {
    return patch;
  }

  /** The record with its payload changed; as it is if that is no JSON object. */
  public RawRecord apply(RawRecord record) {
    byte[] payload = record.value();
    if (payload == null) {
      return record;
    }
    try {
      if (!(JSON.readTree(payload) instanceof ObjectNode object)) {
        return record;
      }
      JsonNode changed = merged(object, JSON.readTree(patch));
      return new RawRecord(
          record.key(),
          JSON.writeValueAsString(changed).getBytes(StandardCharsets.UTF_8),
          record.headers(),
          record.origin(),
          record.loadedAt());
    } catch (IOException e) {
      return record;
    }
  }

  /** RFC 7396, section 2. */
  private static JsonNode merged(JsonNode target, JsonNode change) {
    if (!change.isObject()) {
      return change;
    }
    ObjectNode result = target instanceof ObjectNode object ? object : JSON.createObjectNode();
    for (Map.Entry<String, JsonNode> each : change.properties()) {
      if (each.getValue().isNull()) {
        result.remove(each.getKey());
      } else {
        JsonNode before = result.path(each.getKey());
        result.set(each.getKey(), merged(before, each.getValue()));
      }
    }
    return result;
  }

  @Override
  public String toString() {
    return "RecordFix of " + patch.length() + " characters";
  }
}
