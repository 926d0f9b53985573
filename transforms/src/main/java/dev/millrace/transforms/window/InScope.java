package dev.millrace.transforms.window;

import java.time.Duration;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;

/**
 * The results whose windows belong to a {@link Scope}, or those whose windows don't.
 *
 * <ul>
 *   <li>Input: bounded or unbounded; any windowing, which the output keeps.
 *   <li>Key and order: needs none, keeps none.
 *   <li>Lateness: looks at no time but the windows'.
 *   <li>Guarantee: each result that is wanted comes out once.
 *   <li>State: none.
 * </ul>
 */
public final class InScope<A>
    extends PTransform<PCollection<WindowResult<A>>, PCollection<WindowResult<A>>> {
  private static final long serialVersionUID = 1L;

  private final Scope scope;
  private final Duration gap;
  private final boolean inside;

  private InScope(Scope scope, Duration gap, boolean inside) {
    this.scope = scope;
    this.gap = gap;
    this.inside = inside;
  }

  /**
   * Those that belong to it.
   *
   * @param gap of sessions; zero for other windows
   */
  public static <A> InScope<A> of(Scope scope, Duration gap) {
    return new InScope<>(scope, gap, true);
  }

  /** Those that don't. */
  public static <A> InScope<A> outOf(Scope scope, Duration gap) {
    return new InScope<>(scope, gap, false);
  }

  @Override
  public PCollection<WindowResult<A>> expand(PCollection<WindowResult<A>> results) {
    Scope its = scope;
    Duration itsGap = gap;
    boolean wanted = inside;
    return results
        .apply(
            "Filter",
            Filter.by(result -> its.includes(result.start(), result.end(), itsGap) == wanted))
        .setCoder(results.getCoder());
  }
}
