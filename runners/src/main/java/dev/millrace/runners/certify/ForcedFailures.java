package dev.millrace.runners.certify;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Fails a job in this process when it is told to, each time at an element of a place. */
final class ForcedFailures implements FaultInjector {
  private static final long serialVersionUID = 1L;
  private static final String SOURCE = "source";

  /** By job: what a job that is started again finds here is what its failure left. */
  private static final Map<String, Failures> JOBS = new ConcurrentHashMap<>();

  private final String job;

  ForcedFailures(String job) {
    this.job = job;
    JOBS.put(job, new Failures());
  }

  private static final class Failures {
    private final List<String> thrown = new CopyOnWriteArrayList<>();
    private volatile Armed armed;

    synchronized void fail(Armed failing, String place) {
      if (armed == failing) {
        armed = null;
        thrown.add(place);
        throw new IllegalStateException("a failure on purpose, at " + place);
      }
    }
  }

  private static final class Armed {
    private final String place;
    private final AtomicInteger left;

    Armed(String place, int element) {
      this.place = place;
      this.left = new AtomicInteger(element);
    }

    boolean isDue(String passed) {
      return passed.equals(place) && left.decrementAndGet() == 0;
    }
  }

  /**
   * Fails once.
   *
   * @param element which one in {@code place} makes it fail, from 1
   */
  void arm(String place, int element) {
    JOBS.get(job).armed = new Armed(place, element);
  }

  /** If it was to fail and has not, it fails at the next record. */
  void hasten() {
    Failures failures = JOBS.get(job);
    synchronized (failures) {
      if (failures.armed != null) {
        failures.armed = new Armed(SOURCE, 1);
      }
    }
  }

  /** Where it has failed so far. */
  List<String> thrown() {
    return List.copyOf(JOBS.get(job).thrown);
  }

  @Override
  public <T> void pass(String place, T element, Consumer<T> onwards) {
    Failures failures = JOBS.get(job);
    Armed armed = failures.armed;
    if (armed != null && armed.isDue(place)) {
      failures.fail(armed, place);
    }
    onwards.accept(element);
  }
}
