package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.Database;
import dev.millrace.transforms.admission.AdmissionRule;
import dev.millrace.transforms.admission.LatePolicy;

/**
 * How a pipeline is run once.
 *
 * @param database that it writes
 * @param run of {@link dev.millrace.io.jdbc.Runs}
 * @param version noted in dead letters
 * @param late what becomes of late events
 * @param shards of the admission; 0 for as many as it takes by itself
 * @param isLive whether the source never ends
 * @param faults what happens to what passes
 */
record Wiring(
    Database database,
    long run,
    String version,
    LatePolicy late,
    int shards,
    boolean isLive,
    FaultInjector faults) {

  AdmissionRule rule(AdmissionRule pipelines) {
    AdmissionRule rule =
        AdmissionRule.of(
            pipelines.horizon(), pipelines.window(), pipelines.allowedLateness(), late);
    return shards == 0 ? rule : rule.withShards(shards);
  }
}
