/**
 * Accounting: how many records each stage of a pipeline has had, by window of event time, exact
 * through restarts.
 *
 * <p>Counts travel as data beside the records; metrics are for looking at, not for proof. Where
 * totals are kept is the sink's business.
 */
package dev.millrace.transforms.ledger;
