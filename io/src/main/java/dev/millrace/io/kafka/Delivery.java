package dev.millrace.io.kafka;

/** What a writer promises of each message. */
public enum Delivery {
  /** Acknowledged by all replicas; a bundle that is tried again sends its messages again. */
  AT_LEAST_ONCE,

  /**
   * In transactions, each bundle's once: what is seen by readers of committed messages is there
   * once. Costs two shuffles, and messages wait for the next checkpoint. Needs Flink; a stream must
   * have checkpoints, and can't be drained.
   */
  EXACTLY_ONCE,

  /**
   * Sent without waiting for an acknowledgement, and not again if it is lost: for metrics. Like
   * every effect outside of a transaction, what was sent since the last checkpoint is sent again
   * after a failure of the job.
   */
  AT_MOST_ONCE
}
