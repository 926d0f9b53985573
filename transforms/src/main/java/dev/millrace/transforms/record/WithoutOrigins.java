package dev.millrace.transforms.record;

import java.util.Set;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;

/**
 * A source's records but for some, which come another way.
 *
 * <ul>
 *   <li>Input: bounded or unbounded; any windowing, which the output keeps.
 *   <li>Key and order: needs none, keeps none.
 *   <li>Lateness: looks at no time.
 *   <li>Guarantee: each other record comes out once.
 *   <li>State: none; the origins are part of the graph, so let there be thousands at most.
 * </ul>
 */
public final class WithoutOrigins
    extends PTransform<PCollection<Batch<RawRecord>>, PCollection<Batch<RawRecord>>> {
  private static final long serialVersionUID = 1L;

  private final Set<Origin> origins;

  private WithoutOrigins(Set<Origin> origins) {
    this.origins = origins;
  }

  /** Leaves the records of these origins out. */
  public static WithoutOrigins of(Set<Origin> origins) {
    return new WithoutOrigins(Set.copyOf(origins));
  }

  @Override
  public PCollection<Batch<RawRecord>> expand(PCollection<Batch<RawRecord>> records) {
    Set<Origin> left = origins;
    return records.apply("Others", Batches.where(record -> !left.contains(record.origin())));
  }
}
