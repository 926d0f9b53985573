package dev.millrace.transforms.admission;

/** What becomes of an event that comes too late. Each is counted. */
public enum LatePolicy {
  /** It is dropped. */
  DROP,
  /** It is kept beside, as a {@link dev.millrace.transforms.deadletter.LateRecord}. */
  SIDE_TABLE,
  /** It is admitted all the same: for tables that take a correction at any time. */
  APPLY
}
