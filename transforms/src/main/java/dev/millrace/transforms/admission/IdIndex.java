package dev.millrace.transforms.admission;

import java.util.Arrays;

/**
 * In which blocks an id may be: an open-addressing table of four bytes for each id, 12 of them bits
 * of its hash, 20 of the block's number. It misses none, and names a wrong block once in some
 * thousand look-ups.
 *
 * <p>Nothing can be taken out. A block that is gone leaves its places taken until the next {@link
 * #reset}.
 */
final class IdIndex {
  static final int NONE = -1;

  private static final int BLOCK_BITS = 20;

  /** How many blocks in a row it tells apart. */
  static final int BLOCKS = 1 << BLOCK_BITS;

  private static final int BLOCK_MASK = BLOCKS - 1;
  private static final int MIN_BITS = 8;

  /** With more, block numbers of 20 bits would not do. */
  private static final int MAX_BITS = 27;

  private int[] slots = {};

  @SuppressWarnings("UnusedVariable") // Written, so that no compiler leaves the reading out.
  private int touched;

  private int bits;
  private int used;

  IdIndex() {
    reset(0);
  }

  /** Empties it, and makes room for so many ids and as many more. */
  void reset(long ids) {
    int enough = MIN_BITS;
    while (ids > (3L << enough) / 8) {
      enough++;
    }
    if (enough > MAX_BITS) {
      throw new IllegalStateException(
          ids + " ids in one shard are more than it can hold: shorten the horizon");
    }
    if (slots.length == 1 << enough) {
      Arrays.fill(slots, 0);
    } else {
      slots = new int[1 << enough];
    }
    bits = enough;
    used = 0;
  }

  /** Whether it must be {@link #reset} before more is added. */
  boolean isFull() {
    return used >= (3L << bits) / 4;
  }

  /** Notes that an id is in a block; once more changes nothing. */
  void add(long low, int block) {
    int value = fingerprint(low) | (block & BLOCK_MASK);
    int at = home(low);
    while (slots[at] != 0) {
      if (slots[at] == value) {
        return;
      }
      at = after(at);
    }
    slots[at] = value;
    used++;
  }

  /**
   * Fetches the place of an id from memory. Places lie about in a table that no cache holds: for
   * many ids in a row the processor fetches several at once, where one look-up after the other
   * waits for each.
   */
  void touch(long low) {
    touched ^= slots[home(low)];
  }

  /** The first place that may be of this id, or {@link #NONE}. */
  int find(long low) {
    return findFrom(home(low), fingerprint(low));
  }

  /** The next after one that {@link #find} gave. */
  int findNext(long low, int place) {
    return findFrom(after(place), fingerprint(low));
  }

  /**
   * The number of the block that a place names.
   *
   * @param last the highest number of a block there is
   */
  int blockAt(int place, int last) {
    return last - ((last - slots[place]) & BLOCK_MASK);
  }

  private int findFrom(int first, int fingerprint) {
    int at = first;
    while (slots[at] != 0) {
      if ((slots[at] & ~BLOCK_MASK) == fingerprint) {
        return at;
      }
      at = after(at);
    }
    return NONE;
  }

  private int home(long low) {
    return (int) (low >>> (Long.SIZE - bits));
  }

  private int after(int place) {
    return (place + 1) & (slots.length - 1);
  }

  /** Not 0, which is an empty place. */
  private static int fingerprint(long low) {
    int hash = (int) low << BLOCK_BITS;
    return hash == 0 ? 1 << BLOCK_BITS : hash;
  }
}
