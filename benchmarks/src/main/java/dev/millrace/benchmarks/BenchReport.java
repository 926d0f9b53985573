package dev.millrace.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Measurements of jobs, by contender. */
final class BenchReport {
  private final Map<Job, Map<Contender, List<JobMeasurement>>> byJob;

  private BenchReport(Map<Job, Map<Contender, List<JobMeasurement>>> byJob) {
    this.byJob = byJob;
  }

  static BenchReport of(List<JobMeasurement> all) {
    return new BenchReport(
        all.stream()
            .collect(
                Collectors.groupingBy(
                    JobMeasurement::job,
                    LinkedHashMap::new,
                    Collectors.groupingBy(
                        JobMeasurement::contender, LinkedHashMap::new, Collectors.toList()))));
  }

  /** Whether all runs of each job have come to the same rows. */
  boolean isSound() {
    return byJob.values().stream().allMatch(contenders -> rows(contenders).size() == 1);
  }

  /** A table for each job. */
  String text() {
    StringBuilder text = new StringBuilder();
    byJob.forEach((job, contenders) -> table(text, job, contenders));
    return text.toString();
  }

  /** An object for each job and contender. */
  List<Map<String, Object>> toJson() {
    List<Map<String, Object>> objects = new ArrayList<>();
    byJob.forEach(
        (job, contenders) ->
            contenders.forEach(
                (contender, runs) -> objects.add(toJson(job, contender, runs, contenders))));
    return objects;
  }

  private static Map<String, Object> toJson(
      Job job,
      Contender contender,
      List<JobMeasurement> runs,
      Map<Contender, List<JobMeasurement>> contenders) {
    Summary.Spread rate = spread(runs, JobMeasurement::recordsPerSecond);
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("job", job.pipeline());
    object.put("variant", contender.toString());
    object.put("mode", job.mode());
    object.put("records", runs.get(0).records());
    object.put("runs", runs.size());
    object.put("records_per_s", rate.median());
    object.put("spread", List.of(rate.min(), rate.max()));
    object.put("cpu_s_per_million", spread(runs, JobMeasurement::cpuSecondsPerMillion).median());
    object.put("live_heap_mb", spread(runs, JobMeasurement::liveHeapMb).median());
    object.put("peak_rss_mb", spread(runs, JobMeasurement::peakRssMb).median());
    object.put("rows_equal", rows(contenders).size() == 1);
    latencies(runs).forEach((name, spread) -> object.put(name, spread.median()));
    return object;
  }

  private static void table(
      StringBuilder text, Job job, Map<Contender, List<JobMeasurement>> contenders) {
    Map<String, Set<Contender>> rows = rows(contenders);
    List<JobMeasurement> ours = rows.size() == 1 ? contenders.get(Contender.OURS) : null;
    line(
        text,
        "%n%s, %s: %,d records%n",
        job.pipeline(),
        job.mode(),
        contenders.values().iterator().next().get(0).records());
    line(
        text,
        "%-20s %4s  %-33s %-24s %12s %9s  %s%n",
        "variant",
        "runs",
        "records/s",
        "CPU s per million",
        "live heap MB",
        "RSS MB",
        "ours is faster by");
    contenders.forEach(
        (contender, runs) ->
            line(
                text,
                "%-20s %4d  %-33s %-24s %,12.0f %,9.0f  %s%n",
                contender,
                runs.size(),
                spread(runs, JobMeasurement::recordsPerSecond).text("%,.0f"),
                spread(runs, JobMeasurement::cpuSecondsPerMillion).text("%.2f"),
                spread(runs, JobMeasurement::liveHeapMb).median(),
                spread(runs, JobMeasurement::peakRssMb).median(),
                ours == null || job == Job.LIVE || contender == Contender.OURS
                    ? ""
                    : ratio(ours, runs)));
    contenders.forEach(
        (contender, runs) ->
            latencies(runs)
                .forEach(
                    (name, spread) ->
                        line(text, "%-20s %-18s %s%n", contender, name, spread.text("%,.0f"))));
    if (rows.size() == 1) {
      line(text, "All have come to the same: %s%n", rows.keySet().iterator().next());
    } else {
      line(text, "NOT the same, so this says nothing:%n");
      rows.forEach((each, those) -> line(text, "  %s: %s%n", each, those));
    }
  }

  /** By their names; none of a replay. */
  private static Map<String, Summary.Spread> latencies(List<JobMeasurement> runs) {
    Map<String, Summary.Spread> latencies = new LinkedHashMap<>();
    for (int i = 0; i < runs.get(0).latencies().size(); i++) {
      int place = i;
      latencies.put(
          JobMeasurement.LATENCIES.get(i), spread(runs, run -> run.latencies().get(place)));
    }
    return latencies;
  }

  private static String ratio(List<JobMeasurement> ours, List<JobMeasurement> theirs) {
    return String.format(
        Locale.ROOT,
        "%.2f",
        spread(ours, JobMeasurement::recordsPerSecond).median()
            / spread(theirs, JobMeasurement::recordsPerSecond).median());
  }

  private static Map<String, Set<Contender>> rows(Map<Contender, List<JobMeasurement>> contenders) {
    return contenders.values().stream()
        .flatMap(List::stream)
        .collect(
            Collectors.groupingBy(
                JobMeasurement::rows,
                LinkedHashMap::new,
                Collectors.mapping(JobMeasurement::contender, Collectors.toSet())));
  }

  private static Summary.Spread spread(
      List<JobMeasurement> runs, ToDoubleFunction<JobMeasurement> figure) {
    return Summary.Spread.of(runs, figure);
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }
}
