package dev.millrace.io.kafka;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.io.UnboundedSource;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Where a reader of a live topic stands, as checkpoints keep it.
 *
 * @param watermark that it has told, milliseconds since 1970
 * @param partitions that it reads
 * @param reader whose offsets are committed once the checkpoint is complete; null in a mark that
 *     was restored
 */
record LiveMark(long watermark, List<Partition> partitions, @Nullable RecordFetcher reader)
    implements UnboundedSource.CheckpointMark {

  /**
   * One partition.
   *
   * @param nextOffset the first that has not come out yet
   * @param newest the newest event time that has come out, milliseconds since 1970
   * @param silentMillis how long it has been silent, in processing time
   */
  record Partition(int number, long nextOffset, long newest, long silentMillis) {}

  @Override
  public void finalizeCheckpoint() {
    if (reader != null) {
      Map<Integer, Long> offsets = new HashMap<>();
      partitions.forEach(each -> offsets.put(each.number(), each.nextOffset()));
      reader.commit(offsets);
    }
  }
}
