package dev.millrace.runners.cli;

import dev.millrace.transforms.record.Batch;
import dev.millrace.transforms.record.RawRecord;
import java.util.function.Supplier;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * The source that the user chose.
 *
 * @param open proves that it can be read, before anything starts, and yields the transform
 * @param isLive whether it never ends
 * @param subject what is read: the same for a run that goes on
 * @param description for the user
 * @param progress how far reading has come, for the user; empty if there is nothing to tell
 */
record Source(
    Supplier<PTransform<PBegin, PCollection<Batch<RawRecord>>>> open,
    boolean isLive,
    String subject,
    String description,
    Supplier<String> progress) {}
