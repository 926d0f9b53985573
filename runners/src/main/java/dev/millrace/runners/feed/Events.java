package dev.millrace.runners.feed;

import dev.millrace.pipelines.orders.OrdersPipeline;
import dev.millrace.pipelines.traffic.TrafficPipeline;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What the lines of a file are. */
public enum Events {
  /** Versions of orders, keyed by order. */
  ORDERS(OrdersPipeline.NAME, "order_id", "amount"),

  /** Events of users, keyed by user. */
  TRAFFIC(TrafficPipeline.NAME, "user_id", "value");

  private final String pipeline;
  private final String keyField;
  private final String decimalField;

  Events(String pipeline, String keyField, String decimalField) {
    this.pipeline = pipeline;
    this.keyField = keyField;
    this.decimalField = decimalField;
  }

  /** Those that a pipeline reads. */
  public static Optional<Events> of(String pipeline) {
    return Arrays.stream(values()).filter(each -> each.pipeline.equals(pipeline)).findFirst();
  }

  /** The pipelines that have any. */
  public static List<String> pipelines() {
    return Arrays.stream(values()).map(each -> each.pipeline).toList();
  }

  String keyField() {
    return keyField;
  }

  /** Finds the amount in a line; its first group is what stands before the number. */
  String decimalPattern() {
    return "(\"" + decimalField + "\"\\s*:\\s*)[^,}]*";
  }

  String decimalField() {
    return decimalField;
  }
}
