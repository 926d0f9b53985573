package dev.millrace.pipelines.traffic;

import dev.millrace.transforms.record.RawRecord;
import java.math.BigDecimal;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Something that happened. When, is the timestamp of the Beam element that carries it.
 *
 * @param eventId the same id is the same event
 * @param userId null if nobody is known
 * @param page null if it has nothing to do with one
 * @param value exact; null if it has none
 * @param record what it was made of
 */
@DefaultCoder(EventCoder.class)
public record Event(
    String eventId,
    String region,
    @Nullable String userId,
    @Nullable String page,
    @Nullable BigDecimal value,
    RawRecord record) {}
