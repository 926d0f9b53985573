package dev.millrace.transforms.record;

/**
 * How keys of any number are spread over a few, so that what travels together is a batch and not a
 * value, and every worker has the same number of them.
 */
public final class Shards {
  /** No more workers can share the work. */
  public static final int MAX = 64;

  /**
   * The keys of the shards, part of the identity of their state: such that Flink, which hashes them
   * once more, puts them into every second of 128 key groups, and so spreads them evenly at any
   * parallelism that divides 64.
   */
  private static final int[] KEYS = {
    6, 122, 83, 10, 17, 32, 18, 128, 11, 137, 112, 146, 287, 138, 235, 232, //
    237, 24, 88, 101, 19, 42, 344, 0, 4, 44, 342, 186, 139, 202, 75, 59, //
    568, 35, 3, 13, 415, 23, 141, 249, 95, 132, 124, 206, 196, 495, 45, 14, //
    60, 272, 207, 94, 198, 161, 28, 70, 65, 115, 8, 175, 20, 1, 449, 174
  };

  private Shards() {}

  /** The key of one of so many shards, counted from 0. */
  public static int key(int shard, int shards) {
    return KEYS[shard * (MAX / shards)];
  }

  /** The shard, counted from 0, of a key with this hash. */
  public static int of(long hash, int shards) {
    return (int) (((hash >>> Integer.SIZE) * shards) >>> Integer.SIZE);
  }
}
