/**
 * Runs a pipeline on Direct or Flink, in this process or on a cluster, and follows it to its end.
 *
 * <p>The only place that knows runners; which pipeline it is, is not known here.
 */
package dev.millrace.runners.launch;
