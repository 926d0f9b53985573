package dev.millrace.runners.repair;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.Repairable;
import dev.millrace.io.jdbc.RequiredTable;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.window.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/** A pipeline whose past days can be made anew: by the graph that serves its live stream. */
public interface RepairedPipeline {

  /** All of them. */
  List<RepairedPipeline> ALL = List.of(new RepairedOrders(), new RepairedTraffic());

  /** The one of this name. */
  static Optional<RepairedPipeline> of(String name) {
    return ALL.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** Their names. */
  static Stream<String> names() {
    return ALL.stream().map(RepairedPipeline::name);
  }

  /** Its name. */
  String name();

  /** Its tables with the rows of days. */
  Repairable tables();

  /** Every table that it writes. */
  List<RequiredTable> required();

  /** Which events count, if nothing else is said. */
  AdmissionRule admission();

  /**
   * Whether a record can only be added by making the windows that hold it anew, since the tables
   * hold sums and not records.
   */
  boolean rerunsWindows();

  /** How much of the event time beside a day its rows need. */
  Duration reach();

  /**
   * What a graph is built with.
   *
   * @param records its source
   * @param isReplay whether those are single ones, without the others of their time
   * @param eventTime how that dates records
   * @param run of ops.runs
   * @param place where it writes
   * @param scope what it writes
   * @param admission which events count
   */
  record Parts(
      PTransform<PBegin, PCollection<Batch<RawRecord>>> records,
      boolean isReplay,
      EventTime eventTime,
      Database database,
      long run,
      String version,
      TablePlace place,
      Scope scope,
      AdmissionRule admission) {}

  /** Adds its graph. */
  void build(Pipeline pipeline, Parts parts);
}
