package dev.millrace.runners.certify;

import java.io.Serializable;
import java.util.function.Consumer;

/** Decides what happens to what passes a place of a graph: before its sinks, after its source. */
interface FaultInjector extends Serializable {

  /** Lets everything pass. */
  static FaultInjector none() {
    return new FaultInjector() {
      private static final long serialVersionUID = 1L;

      @Override
      public <T> void pass(String place, T element, Consumer<T> onwards) {
        onwards.accept(element);
      }
    };
  }

  /**
   * Passes an element on, or does something else with it, or throws.
   *
   * @param place for example {@code source}, or the name of a sink
   */
  <T> void pass(String place, T element, Consumer<T> onwards);
}
