package dev.millrace.transforms.window;

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
  private final boolean inside;

  private InScope(Scope scope, boolean inside) {
    this.scope = scope;
    this.inside = inside;
  }

  /** Those that belong to it. */
  public static <A> InScope<A> of(Scope scope) {
    return new InScope<>(scope, true);
  }

  /** Those that don't. */
  public static <A> InScope<A> outOf(Scope scope) {
    return new InScope<>(scope, false);
  }

  @Override
  public PCollection<WindowResult<A>> expand(PCollection<WindowResult<A>> results) {
    Scope its = scope;
    boolean wanted = inside;
    return results
        .apply("Filter", Filter.by(result -> its.includes(result.start(), result.end()) == wanted))
        .setCoder(results.getCoder());
  }
}
