package dev.millrace.runners.certify;

import dev.millrace.transforms.admission.LatePolicy;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a pipeline over the same records as a batch on both runners and as a stream that is made to
 * fail, each into a database of its own, and compares what they leave.
 */
public final class Certification {
  private final Subject subject;
  private final long events;
  private final long seed;
  private final Site site;
  private final List<Trial> trials = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();

  private Certification(Subject subject, long events, long seed, Site site) {
    this.subject = subject;
    this.events = events;
    this.seed = seed;
    this.site = site;
  }

  /**
   * Of one of {@link #pipelines}, on made-up events; the same seed, the same records, and the same
   * places for failures.
   */
  public static Certification of(String pipeline, long events, long seed, Site site) {
    return new Certification(Subject.of(pipeline).orElseThrow(), events, seed, site);
  }

  /** The pipelines that can be certified. */
  public static List<String> pipelines() {
    return Subject.ALL.stream().map(Subject::name).toList();
  }

  /** Does all of it. */
  public Certificate run() throws SQLException {
    Deliveries deliveries = Deliveries.of(subject, events, seed);
    Trials run = new Trials(subject, deliveries, seed, site);
    Comparison comparison = new Comparison(subject, deliveries.counts());
    List<LatePolicy> policies = subject.latePolicies();
    Trial stream = run.stream("C", policies.get(0));
    Trial direct = run.direct("A", stream, FaultInjector.none());
    trials.add(direct);
    findings.add(comparison.accounts(direct));
    Trial flink = run.flink("B", stream);
    trials.add(flink);
    findings.addAll(comparison.whole(direct, flink));
    findings.add(comparison.accounts(flink));
    judge(stream, run, comparison);
    for (LatePolicy late : policies.subList(1, policies.size())) {
      judge(run.stream(nextName(), late), run, comparison);
    }
    return new Certificate(
        subject.name(),
        events,
        seed,
        Certificate.versions(site.version(), direct.database()),
        deliveries.counts(),
        comparison.conflicting(direct),
        trials,
        findings);
  }

  /** Compares a stream, and what becomes of it with its late records. */
  private void judge(Trial stream, Trials run, Comparison comparison) throws SQLException {
    Trial direct = trials.get(0);
    trials.add(stream);
    findings.add(comparison.accounts(stream));
    if (stream.late() == LatePolicy.APPLY) {
      findings.addAll(comparison.whole(direct, stream));
      return;
    }
    findings.addAll(comparison.withLate(direct, stream));
    Trial reconciled = run.reconciled(nextName(), stream);
    trials.add(reconciled);
    findings.addAll(comparison.tables(direct, reconciled));
  }

  private String nextName() {
    return Character.toString('A' + trials.size());
  }
}
