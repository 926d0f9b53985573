package dev.millrace.benchmarks;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Measurements by variant, in the order in which they came. */
final class Summary {
  private static final String SUBJECT = Variant.MILLRACE.toString();
  private static final List<String> REFERENCES =
      List.of(
          Variant.KAFKAIO.toString(),
          Variant.KAFKAIO_NOMETRICS.toString(),
          Variant.NATIVE.toString());

  private final Map<String, List<Measurement>> byVariant;

  private Summary(Map<String, List<Measurement>> byVariant) {
    this.byVariant = byVariant;
  }

  static Summary of(List<Measurement> all) {
    return new Summary(
        all.stream()
            .collect(
                Collectors.groupingBy(
                    Measurement::variant, LinkedHashMap::new, Collectors.toList())));
  }

  /** Median, least and most of a figure. */
  record Spread(double median, double min, double max) {
    static <T> Spread of(List<T> all, ToDoubleFunction<T> figure) {
      double[] sorted = all.stream().mapToDouble(figure).sorted().toArray();
      int middle = sorted.length / 2;
      double median =
          sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
      return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    String text(String format) {
      return String.format(
          Locale.ROOT, format + " (" + format + " to " + format + ")", median, min, max);
    }
  }

  /** A line for each variant, then the ratios of the medians. */
  String text() {
    StringBuilder text = new StringBuilder();
    line(text, "%-20s %4s  %-33s %s", "variant", "runs", "records/s", "CPU s per million");
    byVariant.forEach(
        (variant, all) -> {
          Spread rate = Spread.of(all, Measurement::recordsPerSecond);
          Spread cpu = Spread.of(all, Measurement::cpuSecondsPerMillion);
          line(
              text,
              "%-20s %4d  %-33s %s",
              variant,
              all.size(),
              rate.text("%,.0f"),
              cpu.text("%.2f"));
        });
    REFERENCES.stream()
        .filter(each -> byVariant.containsKey(each) && byVariant.containsKey(SUBJECT))
        .forEach(
            each ->
                line(
                    text,
                    "%s : %s = %.2f in records/s, %.2f in CPU",
                    SUBJECT,
                    each,
                    ratio(each, Measurement::recordsPerSecond),
                    ratio(each, Measurement::cpuSecondsPerMillion)));
    return text.toString();
  }

  /** What the variants have counted, if it isn't the same in all runs; else nothing. */
  List<String> differences() {
    Map<String, Set<String>> variants = new LinkedHashMap<>();
    byVariant.forEach(
        (variant, all) ->
            all.forEach(
                each ->
                    variants
                        .computeIfAbsent(
                            "%d windows, %d records, sum %s"
                                .formatted(each.panes(), each.counted(), each.sum()),
                            result -> new LinkedHashSet<>())
                        .add(variant)));
    return variants.size() < 2
        ? List.of()
        : variants.entrySet().stream()
            .map(each -> each.getKey() + ": " + String.join(", ", each.getValue()))
            .toList();
  }

  private double ratio(String reference, ToDoubleFunction<Measurement> figure) {
    return Spread.of(byVariant.get(SUBJECT), figure).median()
        / Spread.of(byVariant.get(reference), figure).median();
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
