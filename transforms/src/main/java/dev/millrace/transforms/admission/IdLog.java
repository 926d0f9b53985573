package dev.millrace.transforms.admission;

/**
 * Of the log of a shard's ids, what isn't in its blocks.
 *
 * @param last the number of the block that is written next; higher ones don't exist
 * @param ids how many there are in all blocks
 * @param revision drawn anew by each batch that changes the log, so that a worker knows his own
 */
record IdLog(int last, long ids, long revision) {
  static final long NO_REVISION = 0;

  static final IdLog EMPTY = new IdLog(0, 0, NO_REVISION);
}
