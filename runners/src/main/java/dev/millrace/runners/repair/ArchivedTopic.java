package dev.millrace.runners.repair;

import dev.millrace.io.archive.ArchiveRecords;
import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.io.IOException;
import java.time.Duration;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the archive of a topic has of the past.
 *
 * @param root where archives are
 * @param topic its name
 * @param before how long before it happens a record may enter the topic
 * @param after how long after
 */
public record ArchivedTopic(
    String root, String topic, EventTime eventTime, Duration before, Duration after)
    implements PastSource {

  @Override
  public Extent extent(TimeRange range) {
    if (range.equals(TimeRange.ALWAYS)) {
      return new Extent("archive of " + topic, null, null);
    }
    TimeRange read = range.widened(before, after);
    return new Extent("archive of " + topic + ", " + read, read.start(), read.end());
  }

  @Override
  public PTransform<PBegin, PCollection<Batch<RawRecord>>> open(TimeRange range) {
    TimeRange read = range.widened(before, after);
    try {
      TimeRange has = ArchiveRecords.extent(root, topic);
      if (has.from() == has.to()) {
        throw new IllegalStateException(
            "there is no archive of topic '%s' in %s: 'bin/millrace run archive' makes one"
                .formatted(topic, root));
      }
      return ArchiveRecords.read(root, topic, read, eventTime);
    } catch (IOException e) {
      throw new IllegalStateException("the archive of topic '" + topic + "': " + e.getMessage(), e);
    }
  }

  @Override
  public @Nullable String lacks(TimeRange range) {
    long end = range.widened(before, after).to();
    try {
      return ArchiveRecords.extent(root, topic).to() > end
          ? null
          : "the archive of topic '%s' doesn't reach beyond %s yet".formatted(topic, range);
    } catch (IOException e) {
      return "the archive of topic '" + topic + "': " + e.getMessage();
    }
  }

  @Override
  public boolean isLog() {
    return true;
  }
}
